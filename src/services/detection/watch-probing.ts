/**
 * Probing that no single statement shows: rates of errors and waits, counting of columns, looking
 * through the catalogue, and texts that were stored first and become code later.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import { markOfValue } from '#protocol/sql/phrase.ts'
import type { Finding } from './alert.ts'
import { findingOf, HOUR_MS, isNewIn, kept, MINUTE_MS, number, text, type Peer } from './watched.ts'
import { Window } from './windows.ts'

/** How many came together: this time, and at most before. */
type Burst = { now: number; before: number }

type Manner = {
  statements: number
  /** Of mistakes and of looks into the catalogue: how many came together, at most. */
  readonly mistakes: Burst
  readonly catalogue: Burst
  /** Whether it took its time before. */
  slow: number
  /** Numbers of columns tried, lately, after one beginning; the rest is missing in older memory. */
  counted: Counted
  /** Texts it stored that read like code. */
  readonly stored: string[]
  /** Forms never heard before, how many came within an hour; missing in older memory. */
  fresh?: Burst
  /** Since when it is heard; missing in older memory. */
  firstMs?: number
}

type Counted = {
  readonly atMs: number
  readonly numbers: string[]
  /** A mark of the beginning, without its constants. */
  readonly form?: number
  /** Whether a detector of injections found something in one of them. */
  suspected?: boolean
  told?: boolean
}

const ROLES_MAX = 1_000
/** What a mistaken statement gets: PostgreSQL manual, appendix A. */
const MISTAKES = /^(42601|42703|42P01|42883|42804|22P02|21000|42702|42P10|42803|22012)$/
const ERRORS_MIN = 15
const RATE_FACTOR = 5
const WAITS_MIN = 5
const WAIT_MS = 900
/** Waits that an attacker sets are of one length. */
const WAIT_SPREAD = 0.2
const STATEMENTS_KNOWN = 200
const COUNTED_MIN = 4
const CATALOGUE_MIN = 25
const STORED_MAX = 200
const STORED_CHARS_MAX = 256
/** A role has said what it says after so long; then so many new forms within an hour are many. */
const SETTLED_MS = 24 * HOUR_MS
const FRESH_MIN = 20

const ORDER_BY = /\border\s+by\s+(\d+)\s*(--|#|\/\*|;|$)/i
const NULLS =
  /\bunion\s+(?:all\s+)?select\s+((?:null|\d+|'[^']*')(?:\s*,\s*(?:null|\d+|'[^']*'))*)/i
const CATALOGUE = new RegExp(
  String.raw`\b(information_schema\s*\.|pg_catalog\s*\.|` +
    String.raw`pg_(class|tables|attribute|proc|roles|user|database|namespace|settings)\b)`,
  'i',
)
const CODE_LIKE = /'\s*(or|and|union|\|\|)\b|\bunion\s+select\b|;\s*(drop|select|update)\b|--\s*$/i

export class ProbingWatch {
  readonly #manners = new Map<string, Manner>()
  readonly #errors = new Window(MINUTE_MS)
  readonly #waits = new Window(5 * MINUTE_MS)
  readonly #catalogue = new Window(10 * MINUTE_MS)
  readonly #fresh = new Window(HOUR_MS)
  readonly #lastWait = new Map<string, number>()

  state(): readonly (readonly [string, Manner])[] {
    return [...this.#manners]
  }

  restore(state: readonly (readonly [string, Manner])[]): void {
    for (const [name, manner] of state) this.#manners.set(name, manner)
  }

  /** @param suspected Whether a detector of injections found something in it. */
  asked(event: RecordedEvent, peer: Peer, sql: string, suspected: boolean): readonly Finding[] {
    const manner = this.#mannerOf(peer.role)
    manner.statements++
    const found: Finding[] = []
    const say = (id: string, evidence: string): void => {
      found.push(findingOf(id, event, peer, evidence))
    }
    const tried = columnsTried(sql)
    if (tried && counts(manner, tried, event.timeMs, suspected))
      say('sqli.column-counting', `${manner.counted.numbers.length} numbers of columns tried`)
    if (CATALOGUE.test(sql)) {
      const sum = this.#catalogue.add(peer.role, event.timeMs)
      const most = mostBefore(manner.catalogue, sum)
      const isKnown = manner.statements >= STATEMENTS_KNOWN
      if (isKnown && sum === CATALOGUE_MIN && most * RATE_FACTOR < sum)
        say('access.catalogue-enumeration', `${sum} in ten minutes`)
    }
    if (suspected && manner.stored.some((stored) => sql.includes(stored)))
      say('sqli.second-order', 'a text stored earlier stands in it as code')
    if (!suspected && /^\s*(insert|update)\b/i.test(sql)) remember(manner, sql)
    return found
  }

  /**
   * A form that the role never said before. Many within an hour are a release, which is told so
   * that whoever made none looks at who uses the account; what is told is learned all the same.
   */
  isNew(event: RecordedEvent, peer: Peer): readonly Finding[] {
    const manner = this.#mannerOf(peer.role)
    manner.firstMs ??= event.timeMs
    const sum = this.#fresh.add(peer.role, event.timeMs)
    if (event.timeMs - manner.firstMs < SETTLED_MS) return []
    const burst = (manner.fresh ??= { now: 0, before: 0 })
    const isFirst = sum === 1 || burst.now < FRESH_MIN
    const most = mostBefore(burst, sum)
    if (!isFirst || sum < FRESH_MIN || sum < most * RATE_FACTOR) return []
    return [findingOf('access.release', event, peer, `${sum} new forms within an hour`)]
  }

  done(event: RecordedEvent, peer: Peer): readonly Finding[] {
    const manner = this.#mannerOf(peer.role)
    const found: Finding[] = []
    if (MISTAKES.test(text(event, 'sqlstate'))) {
      const sum = this.#errors.add(peer.role, event.timeMs)
      if (sum >= ERRORS_MIN && sum >= mostBefore(manner.mistakes, sum) * RATE_FACTOR)
        found.push(findingOf('sqli.error-rate', event, peer, `${sum} mistakes within a minute`))
    }
    const took = number(event, 'durationMs')
    if (took >= WAIT_MS && manner.statements >= STATEMENTS_KNOWN) {
      const before = this.#lastWait.get(peer.role) ?? took
      this.#lastWait.set(peer.role, took)
      const alike = Math.abs(took - before) <= took * WAIT_SPREAD
      const sum = alike ? this.#waits.add(peer.role, event.timeMs) : 0
      if (sum === WAITS_MIN && manner.slow < WAITS_MIN)
        found.push(findingOf('sqli.time-probing', event, peer, `${sum} waits of one length`))
    } else if (took >= WAIT_MS) manner.slow++
    return found
  }

  #mannerOf(role: string): Manner {
    return kept(this.#manners, role, ROLES_MAX, () => ({
      statements: 0,
      mistakes: { now: 0, before: 0 },
      slow: 0,
      counted: { atMs: 0, numbers: [] },
      catalogue: { now: 0, before: 0 },
      stored: [],
    }))
  }
}

type Tried = { readonly columns: string; readonly form: number }

/** How many columns a statement says there are, and after what beginning it says so. */
function columnsTried(sql: string): Tried | undefined {
  const sorted = ORDER_BY.exec(sql)
  const joined = sorted ? undefined : NULLS.exec(sql)
  const columns = sorted?.[1] ?? joined?.[1]?.split(',').length.toString()
  if (columns === undefined) return undefined
  const before = sql.slice(0, (sorted ?? joined)?.index)
  return { columns, form: markOfValue(before.replaceAll(/'(?:[^']|'')*'|\d+/g, '?')) }
}

/**
 * Whether so many different numbers came after one beginning, and one of them as no program says
 * it: a table that its reader sorts by any of its columns is no attack.
 */
function counts(manner: Manner, tried: Tried, atMs: number, suspected: boolean): boolean {
  const { counted } = manner
  if (counted.form !== tried.form || atMs - counted.atMs > 5 * MINUTE_MS)
    manner.counted = { atMs, numbers: [], form: tried.form }
  const now = manner.counted
  isNewIn(now.numbers, tried.columns, 100)
  now.suspected ||= suspected
  if (now.told || !now.suspected || now.numbers.length < COUNTED_MIN) return false
  now.told = true
  return true
}

/** The most that came together before this time, which began when there was but one. */
function mostBefore(burst: Burst, sum: number): number {
  if (sum === 1) {
    burst.before = Math.max(burst.before, burst.now)
    burst.now = 0
  }
  burst.now = Math.max(burst.now, sum)
  return burst.before
}

/** Keeps texts that read like code, as they would stand in a statement without their quotes. */
function remember(manner: Manner, sql: string): void {
  for (const [, literal = ''] of sql.matchAll(/'((?:[^']|'')*)'/g)) {
    const plain = literal.replaceAll(`''`, `'`)
    if (plain.length < 6 || plain.length > STORED_CHARS_MAX || !CODE_LIKE.test(plain)) continue
    if (manner.stored.length >= STORED_MAX) manner.stored.shift()
    manner.stored.push(plain)
  }
}
