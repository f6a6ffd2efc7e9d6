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
import { keepNewest } from '#lib/keep-newest.ts'
import { allowList, type AllowList } from '#system/address-ranges.ts'
import type { ConnectRule } from './config.ts'
import type { Peer } from './events.ts'
import { hasteOf, Pace, Pacer, type PaceRule } from './pace.ts'
import type { Identity } from './policy.ts'
import { Sanctions } from './sanctions.ts'

/** A condition of a rule that a connection does not meet. */
export type Breach = {
  readonly condition:
    'from' | 'hours' | 'connectionsPerMinuteMax' | 'connectionsMax' | 'perAddress' | 'sanction'
  readonly mode: ConnectRule['mode']
}

/** Whom a connection asks: this process, or the first one of several for all of them. */
export interface Doorkeeper {
  /** Asked when a client says who it is. @param nowMs Milliseconds since the Unix epoch. */
  ask(identity: Identity, address: string, nowMs: number): Breaches
  /** Asked when it has proved it; unless it is refused, `leave` must follow. */
  enter(identity: Identity, address: string): Breaches
  leave(identity: Identity, address: string): void
  /** How fast a session may speak; undefined when no rule says. */
  pacerOf(identity: Identity, peer: Peer): Pacer | undefined
}

type Breaches = readonly Breach[] | Promise<readonly Breach[]>

type Prepared = {
  /** Tells the rule from others, also when the rules are replaced. */
  readonly id: number
  readonly rule: ConnectRule
  readonly isFrom: AllowList | undefined
}

type Inside = { readonly identity: Identity; readonly address: string; count: number }

const MINUTE_MS = 60_000
/** Addresses whose rate is remembered; beyond it the one not seen longest goes. */
const ADDRESSES_MAX = 10_000

export class Access implements Doorkeeper {
  #rules: readonly Prepared[] = []
  /** The text of a rule → its number: what was counted for it holds as long as it says the same. */
  readonly #ids = new Map<string, number>()
  /** Rule and address → when it may have connected next, at an even pace. */
  readonly #paces = new Map<string, number>()
  /** Rule, role and address → what its sessions said. */
  readonly #said = new Map<string, Pace>()
  /** Rule and role, or rule, role and address → sessions open. */
  readonly #open = new Map<string, number>()
  /** Who has entered and not left, whatever rules there are. */
  readonly #inside = new Map<string, Inside>()

  readonly #sanctions: Sanctions

  constructor(rules: readonly ConnectRule[], sanctions: Sanctions = new Sanctions()) {
    this.#sanctions = sanctions
    this.renew(rules)
  }

  /** From now on these rules hold, also for the number of those who are inside. */
  renew(rules: readonly ConnectRule[]): void {
    const known = new Map(rules.map((rule) => [JSON.stringify(rule), rule] as const))
    for (const text of known.keys()) this.#ids.set(text, this.#ids.get(text) ?? this.#ids.size)
    this.#rules = [...known].map(([text, rule]) => {
      return { id: this.#ids.get(text) ?? 0, rule, isFrom: rule.from && allowList(rule.from) }
    })
    this.#open.clear()
    for (const { identity, address, count } of this.#inside.values())
      this.#add(identity, address, count)
  }

  /** Whether any rule is about a connection. */
  isAbout(identity: Identity): boolean {
    return this.#matching(identity).length > 0
  }

  ask(identity: Identity, address: string, nowMs: number): readonly Breach[] {
    const breaches: Breach[] = []
    if (this.isSanctioned(identity, address, nowMs))
      breaches.push({ condition: 'sanction', mode: 'enforce' })
    for (const { id, rule, isFrom } of this.#matching(identity)) {
      const { mode, hours, connectionsPerMinuteMax: rate } = rule
      if (isFrom && !isFrom(address)) breaches.push({ condition: 'from', mode })
      if (hours && !isWithin(hours, nowMs)) breaches.push({ condition: 'hours', mode })
      const paced = rate === undefined || this.#keepsPace(`${id} ${address}`, rate, nowMs)
      if (!paced) breaches.push({ condition: 'connectionsPerMinuteMax', mode })
    }
    return breaches
  }

  /** Whether detection decided against an address or a role. */
  isSanctioned({ user }: Identity, address: string, nowMs: number): boolean {
    return this.#sanctions.against({ session: '', address, user }, nowMs) !== undefined
  }

  enter(identity: Identity, address: string): readonly Breach[] {
    const breaches: Breach[] = []
    for (const { id, rule } of this.#matching(identity)) {
      const { mode, connectionsMax = Infinity, connectionsPerAddressMax = Infinity } = rule
      const [together, here] = keys(id, identity, address)
      if (this.#count(together) >= connectionsMax) {
        breaches.push({ condition: 'connectionsMax', mode })
      } else if (this.#count(here) >= connectionsPerAddressMax) {
        breaches.push({ condition: 'perAddress', mode })
      }
    }
    if (breaches.some(({ mode }) => mode === 'enforce')) return breaches
    const key = insideKey(identity, address)
    const known = this.#inside.get(key)
    if (known) known.count++
    else this.#inside.set(key, { identity, address, count: 1 })
    this.#add(identity, address, 1)
    return breaches
  }

  leave(identity: Identity, address: string): void {
    const key = insideKey(identity, address)
    const known = this.#inside.get(key)
    if (!known) return
    if (--known.count === 0) this.#inside.delete(key)
    this.#add(identity, address, -1)
  }

  pacerOf(identity: Identity, peer: Peer): Pacer | undefined {
    const rules = this.pacesOf(identity, peer.address)
    return rules.length === 0 ? undefined : new Pacer(peer, hasteOf(rules))
  }

  /** The accounts of what a role says from an address. */
  pacesOf(identity: Identity, address: string): readonly PaceRule[] {
    return this.#matching(identity).flatMap(({ id, rule }) => {
      const { statementsPerMinuteMax: rate, mode } = rule
      if (rate === undefined) return []
      const [, key] = keys(id, identity, address)
      const pace = this.#said.get(key) ?? new Pace(rate)
      keepNewest(this.#said, key, pace, ADDRESSES_MAX)
      return [{ pace, mode }]
    })
  }

  #matching({ user, database }: Identity): readonly Prepared[] {
    return this.#rules.filter(
      ({ rule }) =>
        (rule.roles.includes('*') || rule.roles.includes(user)) &&
        (rule.databases.includes('*') || rule.databases.includes(database)),
    )
  }

  /** A bucket of one minute's worth: bursts up to the rate, and no more than it in the long run. */
  #keepsPace(key: string, rate: number, nowMs: number): boolean {
    const due = Math.max(this.#paces.get(key) ?? 0, nowMs - MINUTE_MS)
    const next = due + MINUTE_MS / rate
    if (next > nowMs + 0.001) return false
    keepNewest(this.#paces, key, next, ADDRESSES_MAX)
    return true
  }

  #count(key: string): number {
    return this.#open.get(key) ?? 0
  }

  #add(identity: Identity, address: string, more: number): void {
    for (const { id } of this.#matching(identity)) {
      for (const key of keys(id, identity, address)) {
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

function insideKey({ user, database }: Identity, address: string): string {
  return JSON.stringify([user, database, address])
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
