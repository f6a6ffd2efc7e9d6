/**
 * How much an account reads and changes, against what it did before; and what nobody may touch.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import type { Finding } from './alert.ts'
import type { DetectionConfig } from './config.ts'
import { DAY_MS, findingOf, kept, MINUTE_MS, number, text, type Peer } from './watched.ts'
import { Window } from './windows.ts'

type Volume = {
  /** The most rows within a minute so far, read and changed. */
  read: number
  changed: number
  /** The most values about people within a minute; missing in what was kept earlier. */
  personal?: number
  /** Rows read on each of the last days, the newest last: day number and rows. */
  readonly days: [number, number][]
  /** The last number asked for, and how many one after the other were asked for. */
  lastNumber: number
  inOrder: number
  /** The most that were ever asked for in order; missing in what was kept earlier. */
  longest?: number
  copiesOut: boolean
}

export type DataState = readonly (readonly [string, Volume])[]

const ROLES_MAX = 1_000
const DAYS_MAX = 28
/** Days, and weeks, after which there is something to compare with. */
const DAYS_MIN = 3
const WEEK = 7
/** Times the largest day, and the week before: a patient thief stays just above the usual. */
const DAY_FACTOR = 2
const WEEK_FACTOR = 1.2
/** Numbers one after the other, asked for each by a statement of its own. */
const IN_ORDER_MIN = 200
const DIGITS_MAX = 15

export class DataWatch {
  readonly #config: DetectionConfig
  readonly #volumes = new Map<string, Volume>()
  readonly #read = new Window(MINUTE_MS)
  readonly #changed = new Window(MINUTE_MS)
  readonly #personal = new Window(MINUTE_MS)

  constructor(config: DetectionConfig) {
    this.#config = config
  }

  state(): DataState {
    return [...this.#volumes]
  }

  restore(state: DataState): void {
    for (const [name, volume] of state) this.#volumes.set(name, volume)
  }

  /** The text of a statement, before it is done. */
  asked(event: RecordedEvent, peer: Peer, sql: string): readonly Finding[] {
    const found: Finding[] = []
    const { tables, texts } = this.#config.honeytokens
    for (const token of [...tables, ...texts])
      if (sql.toLowerCase().includes(token.toLowerCase()))
        found.push(findingOf('data.honeytoken', event, peer, 'what nobody has a reason to touch'))
    const volume = this.#volumeOf(peer.role)
    if (/^\s*select\b/i.test(sql) && enumerates(volume, sql))
      found.push(findingOf('data.enumeration', event, peer, `${volume.inOrder} in order`))
    if (/^\s*copy\b[^]*\bto\s+stdout\b/i.test(sql)) {
      if (!volume.copiesOut) found.push(findingOf('data.copy-out', event, peer, ''))
      volume.copiesOut = true
    }
    return found
  }

  /** How a statement went. */
  done(event: RecordedEvent, peer: Peer): readonly Finding[] {
    const found: Finding[] = []
    const volume = this.#volumeOf(peer.role)
    const read = number(event, 'rowsSent')
    if (read > 0) {
      const sum = this.#read.add(peer.role, event.timeMs, read)
      if (this.#isMass(sum, volume.read))
        found.push(findingOf('data.mass-read', event, peer, inAMinute(sum, volume.read)))
      volume.read = Math.max(volume.read, sum)
      found.push(...this.#drip(event, peer, volume, read))
    }
    const values = number(event, 'personalRows') * wordsIn(text(event, 'personal'))
    if (values > 0) {
      const sum = this.#personal.add(peer.role, event.timeMs, values)
      const most = volume.personal ?? 0
      if (this.#isMass(sum, most, this.#config.mass.personalFloor)) {
        const evidence = `${sum} values within a minute, at most ${most} before`
        found.push(findingOf('data.personal-read', event, peer, evidence))
      }
      volume.personal = Math.max(most, sum)
    }
    const [, count] = /^(?:DELETE|UPDATE|MERGE) (\d+)$/.exec(text(event, 'tag')) ?? []
    if (count !== undefined && count !== '0') {
      const sum = this.#changed.add(peer.role, event.timeMs, Number(count))
      if (this.#isMass(sum, volume.changed))
        found.push(findingOf('data.mass-change', event, peer, inAMinute(sum, volume.changed)))
      volume.changed = Math.max(volume.changed, sum)
    }
    return found
  }

  /** A day far above the days before, or a week just above the week before. */
  #drip(event: RecordedEvent, peer: Peer, volume: Volume, rows: number): readonly Finding[] {
    const { days } = volume
    const today = Math.floor(event.timeMs / DAY_MS)
    const last = days.at(-1)
    if (last?.[0] !== today) days.push([today, 0])
    if (days.length > DAYS_MAX) days.shift()
    const now = days.at(-1)!
    const before = now[1]
    now[1] += rows
    const earlier = days.slice(0, -1)
    if (earlier.length < DAYS_MIN || now[1] < this.#config.mass.rowsFloor) return []
    const dayMost = Math.max(...earlier.map(([, sum]) => sum)) * DAY_FACTOR
    if (before <= dayMost && now[1] > dayMost)
      return [findingOf('data.slow-drip', event, peer, `${now[1]} rows today`)]
    if (today - earlier[0]![0] < 2 * WEEK) return []
    const sumOf = (from: number, to: number): number =>
      days.reduce((sum, [day, count]) => sum + (day > from && day <= to ? count : 0), 0)
    const week = sumOf(today - WEEK, today)
    const weekMost = sumOf(today - 2 * WEEK, today - WEEK) * WEEK_FACTOR
    if (weekMost === 0 || week <= weekMost || week - rows > weekMost) return []
    return [findingOf('data.slow-drip', event, peer, `${week} rows in a week`)]
  }

  #isMass(sum: number, before: number, floor: number = this.#config.mass.rowsFloor): boolean {
    return sum > floor && sum > before * this.#config.mass.factor
  }

  #volumeOf(role: string): Volume {
    return kept(this.#volumes, role, ROLES_MAX, () => ({
      read: 0,
      changed: 0,
      days: [],
      lastNumber: 0,
      inOrder: 0,
      copiesOut: false,
    }))
  }
}

/** Asks for number after number, more than ever: a nightly job that does so has its norm. */
function enumerates(volume: Volume, sql: string): boolean {
  const asked = lastNumber(sql)
  if (asked === undefined || asked !== volume.lastNumber + 1) {
    volume.longest = Math.max(volume.longest ?? 0, volume.inOrder)
    volume.inOrder = 0
  } else volume.inOrder++
  if (asked !== undefined) volume.lastNumber = asked
  return volume.inOrder === Math.max(IN_ORDER_MIN, 2 * (volume.longest ?? 0))
}

/** The last run of digits in a text. */
function lastNumber(text: string): number | undefined {
  let end = text.length
  while (end > 0 && !isDigit(text, end - 1)) end--
  let start = end
  while (start > 0 && end - start < DIGITS_MAX && isDigit(text, start - 1)) start--
  return start === end ? undefined : Number(text.slice(start, end))
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0x30 && code <= 0x39
}

function wordsIn(text: string): number {
  return text === '' ? 0 : text.split(' ').length
}

function inAMinute(sum: number, before: number): string {
  return `${sum} rows within a minute, at most ${before} before`
}
