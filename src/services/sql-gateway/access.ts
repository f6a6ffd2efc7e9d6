/**
 * Who may connect from where, when, how often, how many at once, and how fast they may speak, by
 * role and database. No I/O.
 *
 * Every rule that names a connection's role and database must be met; a rule that is only observed
 * lets pass what it would refuse. Addresses, hours and rates are asked before the proof of
 * identity; numbers of sessions after it, so that strangers cannot use up anybody's places.
 *
 * @module
 */
import { DeniedError } from '#lib/errors.ts'
import type { ConnectRule } from './config.ts'
import type { Peer } from './events.ts'
import { Pace, Pacer } from './pace.ts'
import { allowList, type AllowList, type Identity } from './policy.ts'
import { Sanctions } from './sanctions.ts'

/** A condition of a rule that a connection does not meet. */
export type Breach = {
  readonly condition:
    'from' | 'hours' | 'connectionsPerMinuteMax' | 'connectionsMax' | 'perAddress' | 'sanction'
  readonly mode: ConnectRule['mode']
}

type Prepared = { readonly rule: ConnectRule; readonly isFrom: AllowList | undefined }

const MINUTE_MS = 60_000
/** Addresses whose rate is remembered; beyond it the one not seen longest goes. */
const ADDRESSES_MAX = 10_000

export class Access {
  readonly #rules: readonly Prepared[]
  /** Rule and address → when it may have connected next, at an even pace. */
  readonly #paces = new Map<string, number>()
  /** Rule, role and address → what its sessions said. */
  readonly #said = new Map<string, Pace>()
  /** Rule and role, or rule, role and address → sessions open. */
  readonly #open = new Map<string, number>()

  readonly #sanctions: Sanctions

  constructor(rules: readonly ConnectRule[], sanctions: Sanctions = new Sanctions()) {
    this.#sanctions = sanctions
    this.#rules = rules.map((rule) => ({ rule, isFrom: rule.from && allowList(rule.from) }))
  }

  /** Asked when a client says who it is. @param nowMs Milliseconds since the Unix epoch. */
  ask(identity: Identity, address: string, nowMs: number): readonly Breach[] {
    const breaches: Breach[] = []
    const who = { session: '', address, user: identity.user }
    if (this.#sanctions.against(who, nowMs))
      breaches.push({ condition: 'sanction', mode: 'enforce' })
    for (const [index, { rule, isFrom }] of this.#matching(identity)) {
      const { mode, hours, connectionsPerMinuteMax: rate } = rule
      if (isFrom && !isFrom(address)) breaches.push({ condition: 'from', mode })
      if (hours && !isWithin(hours, nowMs)) breaches.push({ condition: 'hours', mode })
      const paced = rate === undefined || this.#keepsPace(`${index} ${address}`, rate, nowMs)
      if (!paced) breaches.push({ condition: 'connectionsPerMinuteMax', mode })
    }
    return breaches
  }

  /** Asked when it has proved it; unless it is refused, `leave` must follow. */
  enter(identity: Identity, address: string): readonly Breach[] {
    const breaches: Breach[] = []
    for (const [index, { rule }] of this.#matching(identity)) {
      const { mode, connectionsMax = Infinity, connectionsPerAddressMax = Infinity } = rule
      const [together, here] = keys(index, identity, address)
      if (this.#count(together) >= connectionsMax) {
        breaches.push({ condition: 'connectionsMax', mode })
      } else if (this.#count(here) >= connectionsPerAddressMax) {
        breaches.push({ condition: 'perAddress', mode })
      }
    }
    if (breaches.some(({ mode }) => mode === 'enforce')) return breaches
    this.#add(identity, address, 1)
    return breaches
  }

  leave(identity: Identity, address: string): void {
    this.#add(identity, address, -1)
  }

  /** How fast a session may speak; undefined when no rule says. */
  pacerOf(identity: Identity, peer: Peer): Pacer | undefined {
    const rules = this.#matching(identity).flatMap(([index, { rule }]) => {
      const { statementsPerMinuteMax: rate, mode } = rule
      if (rate === undefined) return []
      const [, key] = keys(index, identity, peer.address)
      const pace = this.#said.get(key) ?? new Pace(rate)
      keepNewest(this.#said, key, pace)
      return [{ pace, mode }]
    })
    return rules.length === 0 ? undefined : new Pacer(peer, rules)
  }

  #matching({ user, database }: Identity): [number, Prepared][] {
    return [...this.#rules.entries()].filter(
      ([, { rule }]) =>
        (rule.roles.includes('*') || rule.roles.includes(user)) &&
        (rule.databases.includes('*') || rule.databases.includes(database)),
    )
  }

  /** A bucket of one minute's worth: bursts up to the rate, and no more than it in the long run. */
  #keepsPace(key: string, rate: number, nowMs: number): boolean {
    const due = Math.max(this.#paces.get(key) ?? 0, nowMs - MINUTE_MS)
    const next = due + MINUTE_MS / rate
    if (next > nowMs + 0.001) return false
    keepNewest(this.#paces, key, next)
    return true
  }

  #count(key: string): number {
    return this.#open.get(key) ?? 0
  }

  #add(identity: Identity, address: string, more: number): void {
    for (const [index] of this.#matching(identity)) {
      for (const key of keys(index, identity, address)) {
        const count = this.#count(key) + more
        if (count > 0) this.#open.set(key, count)
        else this.#open.delete(key)
      }
    }
  }
}

/** The refusal of an enforced breach; what is known of it to a stranger is that it is refused. */
export function accessDenied({ user }: Identity, { condition }: Breach): DeniedError {
  const full = condition === 'connectionsMax' || condition === 'perAddress'
  return new DeniedError(
    full ? 'DB_ROLE_FULL' : 'DB_ACCESS_DENIED',
    `a rule of connecting refuses ${user}: ${condition}`,
    full ? 'Too many sessions of this role are open.' : 'This user may not connect here and now.',
  )
}

function keepNewest<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  if (map.size >= ADDRESSES_MAX) {
    for (const oldest of map.keys()) {
      map.delete(oldest)
      break
    }
  }
  map.set(key, value)
}

function keys(rule: number, { user }: Identity, address: string): [string, string] {
  return [`${rule} ${user}`, `${rule} ${user} ${address}`]
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Whether a moment is in the hours of a rule; hours that end before they begin span midnight. */
function isWithin(hours: NonNullable<ConnectRule['hours']>, nowMs: number): boolean {
  const { zone, days, begin, end } = hours
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  formats.set(zone, format)
  const parts = new Map(format.formatToParts(nowMs).map(({ type, value }) => [type, value]))
  const time = `${parts.get('hour')}:${parts.get('minute')}`
  const day = (parts.get('weekday') ?? '').toLowerCase()
  if (begin <= end) return isDay(days, day, 0) && time >= begin && time < end
  if (time >= begin) return isDay(days, day, 0)
  return time < end && isDay(days, day, -1) // the night began the day before
}

const week = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

function isDay(days: readonly string[], today: string, shift: number): boolean {
  const day = week[(week.indexOf(today) + shift + week.length) % week.length] ?? ''
  return days.includes(day)
}
