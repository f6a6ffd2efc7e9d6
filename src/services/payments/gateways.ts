/**
 * Opens a club's gateway with the club's own keys, at the places of its environment.
 *
 * @module
 */
import { DeniedError, FaultError } from '#lib/errors.ts'
import type { CallHttp } from '#system/http-call.ts'
import type { PaymentsConfig } from './config.ts'
import { openKeys, type TenantKeys } from './keys.ts'
import type { Environment, Payment } from './model.ts'
import { paypalDesk } from './office/paypal-desk.ts'
import { payboxDesk } from './office/paybox-desk.ts'
import { payboxGateway } from './paybox-gateway.ts'
import { paypalGateway } from './paypal.ts'
import { placesOf, type Places } from './places.ts'
import type { Gateway, GatewayDesk } from './ports.ts'
import type { TenantGateway, TenantStore } from './tenant-store.ts'

const AWAKE_KEPT_MS = 15_000

export type GatewayPorts = {
  readonly store: Pick<TenantStore, 'chosen' | 'keysFor'>
  readonly config: Pick<PaymentsConfig, 'paypal' | 'paybox'>
  readonly publicOrigin: string
  readonly sealKey: Uint8Array
  readonly call: CallHttp
  readonly nowMs: () => number
  /** 0 to 9, at random. */
  readonly digit: () => number
}

export type Opened = { readonly environment: Environment; readonly keys: TenantKeys }

export class Gateways {
  readonly #ports: GatewayPorts
  readonly #awake = new Map<string, { readonly form: string; readonly untilMs: number }>()

  constructor(ports: GatewayPorts) {
    this.#ports = ports
  }

  /** @throws {DeniedError} PAYMENT_TENANT_UNKNOWN. */
  async chosen(tenant: string): Promise<Opened> {
    const found = await this.#ports.store.chosen(tenant)
    if (found) return this.#opened(tenant, found)
    const message = `${tenant} has chosen no payment service`
    throw new DeniedError('PAYMENT_TENANT_UNKNOWN', message, message)
  }

  /** The keys of what was begun, whatever the club has chosen since. */
  async keysOf(of: Pick<Payment, 'tenant' | 'gateway' | 'environment'>): Promise<TenantKeys> {
    const { tenant, gateway, environment } = of
    const found = await this.#ports.store.keysFor(tenant, gateway, environment)
    if (found) return this.#opened(tenant, found).keys
    throw new FaultError('PAYMENT_GATEWAY_FAILED', 'the club’s keys of that gateway are gone')
  }

  places(environment: Environment): Places {
    return placesOf(this.#ports.config, environment, this.#ports.publicOrigin)
  }

  async gatewayOf(of: Pick<Payment, 'tenant' | 'gateway' | 'environment'>): Promise<Gateway> {
    const keys = await this.keysOf(of)
    const places = this.places(of.environment)
    if (keys.gateway === 'paypal') return paypalGateway(keys, places, this.#ports.call)
    return payboxGateway(keys, places, this.#ports)
  }

  deskOf({ keys, environment }: Opened): GatewayDesk {
    const places = this.places(environment)
    if (keys.gateway === 'paypal') return paypalDesk(keys, places, this.#ports.call)
    return payboxDesk(keys, places, this.#ports)
  }

  /**
   * The first of Paybox's payment pages that says it is awake; the first of all when none does.
   *
   * Source: Paybox System manual, "load.html": its body says `<div id="server_status">OK</div>`.
   */
  async awakeForm({ forms }: Pick<Places, 'forms'>): Promise<string> {
    const [first, ...others] = forms
    if (others.length === 0) return first
    const { nowMs } = this.#ports
    const kept = this.#awake.get(first)
    if (kept && kept.untilMs > nowMs()) return kept.form
    for (const form of forms) {
      if (!(await this.#isAwake(form))) continue
      this.#awake.set(first, { form, untilMs: nowMs() + AWAKE_KEPT_MS })
      return form
    }
    return first
  }

  async #isAwake(form: string): Promise<boolean> {
    try {
      const url = new URL('/load.html', form).href
      const { status, text } = await this.#ports.call({ method: 'GET', url })
      return status === 200 && /id="server_status"[^>]*>\s*OK\s*</.test(text)
    } catch {
      return false
    }
  }

  #opened(tenant: string, { sealedKeys, environment }: TenantGateway): Opened {
    return { environment, keys: openKeys(sealedKeys, tenant, this.#ports.sealKey) }
  }
}
