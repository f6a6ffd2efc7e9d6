/**
 * A club's office: enters keys after a live question with them, and lays each day of the ledger
 * beside the gateway's list.
 *
 * @module
 */
import type { VeiligError } from '#lib/errors.ts'
import { DeniedError } from '#lib/errors.ts'
import type { TenantKeys } from '../keys.ts'
import type { Environment, GatewayName } from '../model.ts'
import type { GatewayDesk } from '../ports.ts'
import { compare, type Statement } from './statement.ts'
import type { TenantGateway, TenantStore } from '../tenant-store.ts'

const DAY_MS = 86_400_000
/** Clocks of two houses differ, and a list of a day ends late. */
const AROUND_MS = 3_600_000
/** After midnight, before yesterday is compared. */
const LATE_MS = 3 * AROUND_MS

export type OfficePorts = {
  readonly store: TenantStore
  readonly seal: (keys: TenantKeys, tenant: string) => Uint8Array
  readonly deskOf: (tenant: string, keys: TenantKeys, environment: Environment) => GatewayDesk
  /** The chosen gateway's, with its keys. @throws {DeniedError} PAYMENT_TENANT_UNKNOWN. */
  readonly chosenDesk: (
    tenant: string,
  ) => Promise<{ readonly gateway: GatewayName; readonly desk: GatewayDesk }>
  /** Looks at a payment or refund again. */
  readonly refresh: (id: string) => Promise<void>
  /** Whether this ring is the demonstration: then no other keys are taken, else none of it. */
  readonly isDemonstration: boolean
  readonly nowMs: () => number
  readonly record: (code: string, detail: Readonly<Record<string, string>>) => void
}

export class Office {
  readonly #ports: OfficePorts

  constructor(ports: OfficePorts) {
    this.#ports = ports
  }

  /**
   * Takes keys in place of those before, once the gateway has answered a question with them.
   *
   * @param by Who enters them, for the record.
   * @throws {DeniedError} PAYMENT_KEYS_WRONG. @throws {FaultError} PAYMENT_GATEWAY_FAILED,
   *   HTTP_CALL_FAILED when the gateway cannot be asked: nothing is changed then.
   */
  async enter(
    tenant: string,
    environment: Environment,
    keys: TenantKeys,
    by: string,
  ): Promise<void> {
    const { store, seal, deskOf, isDemonstration, nowMs, record } = this.#ports
    if (isDemonstration !== (environment === 'demonstration')) {
      const message = 'the demonstration takes its own keys, and only the demonstration does'
      throw new DeniedError('PAYMENT_KEYS_WRONG', message, message)
    }
    const { gateway } = keys
    try {
      await deskOf(tenant, keys, environment).check()
    } catch (error) {
      record('PAYMENT_KEYS_NOT_TAKEN', { tenant, gateway, by, reason: (error as VeiligError).code })
      if ((error as VeiligError).code !== 'PAYMENT_KEYS_REFUSED') throw error
      const message = 'the gateway does not accept these keys'
      throw new DeniedError('PAYMENT_KEYS_WRONG', message, message)
    }
    const sealedKeys = seal(keys, tenant)
    const enteredMs = nowMs()
    await store.enter(tenant, { gateway, environment, sealedKeys, enteredMs, enteredBy: by })
    await store.answering(tenant, gateway, nowMs())
    record('PAYMENT_KEYS_ENTERED', { tenant, gateway, environment, by })
  }

  /**
   * One day of the ledger beside the gateway's list; what the gateway alone knows is looked at.
   *
   * @param day `2026-11-23`.
   */
  async compareDay(tenant: string, day: string): Promise<Statement> {
    const { store, chosenDesk, refresh, nowMs, record } = this.#ports
    const { gateway, desk } = await chosenDesk(tenant)
    const fromMs = Date.parse(`${day}T00:00:00Z`)
    const look = async (): Promise<Statement> => {
      const booked = await store.booked(tenant, gateway, fromMs, fromMs + DAY_MS)
      const listed = await desk.movements(
        fromMs - AROUND_MS,
        Math.min(fromMs + DAY_MS + AROUND_MS, Math.max(nowMs(), fromMs)),
        booked,
      )
      const numbers = listed.map(({ transaction }) => transaction)
      const known = await store.known(tenant, gateway, numbers)
      return compare({ tenant, gateway, day }, booked, listed, (number) => known.has(number))
    }
    let statement = await look()
    const unbooked = statement.differences.filter(({ kind }) => kind === 'not-in-ledger')
    for (const { name } of unbooked) await refresh(name)
    if (unbooked.length > 0) statement = await look()
    await store.keepStatement(statement, nowMs())
    const { matched, differences } = statement
    const found = { matched: String(matched), differences: String(differences.length) }
    record(differences.length > 0 ? 'PAYMENT_STATEMENT_DIFFERS' : 'PAYMENT_STATEMENT_EQUAL', {
      tenant,
      gateway,
      day,
      ...found,
    })
    return statement
  }

  /** Yesterday of every club, once. @returns How many were compared. */
  async compareDue(): Promise<number> {
    const { store, nowMs } = this.#ports
    const day = dayOf(nowMs() - LATE_MS - DAY_MS)
    let count = 0
    for (const tenant of await store.tenants()) {
      const chosen = await store.chosen(tenant)
      const done = await store.statements(tenant)
      if (done.some((one) => one.day === day && one.gateway === chosen?.gateway)) continue
      if (!chosen || !beganBefore(chosen, day)) continue
      await this.compareDay(tenant, day)
      count++
    }
    return count
  }
}

export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** A day before the keys were entered is nobody's. */
function beganBefore({ enteredMs }: TenantGateway, day: string): boolean {
  return dayOf(enteredMs) <= day
}
