/**
 * Notices when a club's gateway gives no usable answer, and tells the club: at once of what does
 * not pass by itself, after a minute of the rest, and again when it is over.
 *
 * @module
 */
import type { Words } from '#lib/claims/claim.ts'
import { VeiligError } from '#lib/errors.ts'
import type { GatewayName } from './model.ts'
import type { Gateway } from './ports.ts'
import type { Outage, TenantStore } from './tenant-store.ts'
import { clubWords, lasting, overWords, troubleOf } from './trouble.ts'

/** A gateway may be away for so long before anybody is told. */
const PATIENCE_MS = 60_000

/** Tells a club. Resolves once it was handed over; throws, and it is told again. */
export type TellClub = (tenant: string, said: Words) => Promise<void>

export type OutagePorts = {
  readonly store: Pick<TenantStore, 'failing' | 'answering' | 'outages' | 'told' | 'forget'>
  readonly tell: TellClub
  readonly nowMs: () => number
  readonly record: (code: string, detail: Readonly<Record<string, string>>) => void
}

export class Outages {
  readonly #ports: OutagePorts
  /** Only to spare a question to the store for each good answer. */
  readonly #failing = new Set<string>()

  constructor(ports: OutagePorts) {
    this.#ports = ports
  }

  /** The gateway, its answers noticed. */
  watched(gateway: Gateway, tenant: string, name: GatewayName): Gateway {
    const noticed =
      <A extends unknown[], T>(call: (...given: A) => Promise<T>) =>
      (...given: A): Promise<T> =>
        this.notice(tenant, name, () => call(...given))
    return {
      open: noticed((payment) => gateway.open(payment)),
      read: noticed((payment) => gateway.read(payment)),
      capture: noticed((payment) => gateway.capture(payment)),
      refund: noticed((payment, refund) => gateway.refund(payment, refund)),
      readRefund: noticed((payment, refund) => gateway.readRefund(payment, refund)),
      debit: noticed((payment, token, means) => gateway.debit(payment, token, means)),
      readDebit: noticed((payment, means) => gateway.readDebit(payment, means)),
      debitKnownMs: gateway.debitKnownMs,
      forget: noticed((token, means) => gateway.forget(token, means)),
    }
  }

  async notice<T>(tenant: string, name: GatewayName, call: () => Promise<T>): Promise<T> {
    const { store, nowMs } = this.#ports
    try {
      const answer = await call()
      if (this.#failing.delete(`${tenant} ${name}`)) await store.answering(tenant, name, nowMs())
      return answer
    } catch (error) {
      if (error instanceof VeiligError) {
        this.#failing.add(`${tenant} ${name}`)
        await store.failing(tenant, name, troubleOf(error), nowMs())
      }
      throw error
    }
  }

  /** One round: tells of what began, and of what is over. @returns How many were told. */
  async tell(): Promise<number> {
    const { store, nowMs } = this.#ports
    let count = 0
    for (const outage of await store.outages()) {
      this.#failing.add(`${outage.tenant} ${outage.gateway}`) // known after a new start, too
      const { trouble, sinceMs, toldMs, endedMs } = outage
      const isDue = lasting.has(trouble) || nowMs() - sinceMs >= PATIENCE_MS
      if (endedMs !== null) {
        if (toldMs !== null) count += await this.#say(outage, overWords)
        await store.forget(outage)
      } else if (toldMs === null && isDue) {
        count += await this.#say(outage, clubWords[trouble])
        await store.told(outage, nowMs())
      }
    }
    return count
  }

  async #say({ tenant, gateway, trouble, endedMs }: Outage, said: Words): Promise<number> {
    const { tell, record } = this.#ports
    await tell(tenant, said)
    const state = endedMs === null ? 'begun' : 'over'
    record('PAYMENT_CLUB_TOLD', { tenant, gateway, trouble, state })
    return 1
  }
}
