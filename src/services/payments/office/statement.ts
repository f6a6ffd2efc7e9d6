/**
 * A day of the ledger beside the gateway's own list of that day: pure.
 *
 * @module
 */
import type { GatewayName } from '../model.ts'

/** A movement as either side knows it; money that went back is negative. */
export type Movement = {
  /** The gateway's number of it. */
  readonly transaction: string
  /** In minor units. */
  readonly amount: number
  readonly currency: string
  /** What we called it when we asked for it: a payment or a refund of ours. '' of anything else. */
  readonly name: string
}

export type Difference = {
  readonly kind: 'not-at-gateway' | 'not-in-ledger' | 'amount-differs'
  readonly transaction: string
  readonly name: string
  /** What the ledger says, and what the gateway says; 0 where it says nothing. */
  readonly booked: number
  readonly listed: number
  readonly currency: string
}

export type Statement = {
  readonly tenant: string
  readonly gateway: GatewayName
  /** `2026-11-23`, in universal time. */
  readonly day: string
  readonly matched: number
  /** Sum of what matched, in minor units, by currency. */
  readonly sums: Readonly<Record<string, number>>
  readonly differences: readonly Difference[]
  /** Movements at the gateway that did not come through us: the club's own shop, a transfer. */
  readonly foreign: number
}

/**
 * @param booked The day's movements of the ledger.
 * @param listed The gateway's, of that day and some hours around it.
 * @param isBooked Whether the ledger has a movement on another day: clocks differ.
 */
export function compare(
  { tenant, gateway, day }: Pick<Statement, 'tenant' | 'gateway' | 'day'>,
  booked: readonly Movement[],
  listed: readonly Movement[],
  isBooked: (transaction: string) => boolean,
): Statement {
  const theirs = new Map(listed.map((one) => [one.transaction, one]))
  const ours = new Set(booked.map(({ transaction }) => transaction))
  const differences: Difference[] = []
  const sums: Record<string, number> = {}
  let matched = 0
  for (const { transaction, name, amount, currency } of booked) {
    const found = theirs.get(transaction)
    const same = found?.amount === amount && found.currency === currency
    if (same) {
      matched++
      sums[currency] = (sums[currency] ?? 0) + amount
      continue
    }
    const kind = found ? ('amount-differs' as const) : ('not-at-gateway' as const)
    const told = found?.amount ?? 0
    differences.push({ kind, transaction, name, booked: amount, listed: told, currency })
  }
  let foreign = 0
  for (const { transaction, name, amount, currency } of listed) {
    if (ours.has(transaction) || isBooked(transaction)) continue
    if (name === '') foreign++
    else {
      const kind = 'not-in-ledger' as const
      differences.push({ kind, transaction, name, booked: 0, listed: amount, currency })
    }
  }
  return { tenant, gateway, day, matched, sums, differences, foreign }
}
