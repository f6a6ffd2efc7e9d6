/**
 * The votes of the vantages, and what they and our own look come to. Pure but for its memory.
 *
 * The time of a vote is when it came, by our clock: a vantage cannot lend its vote a longer life.
 * One whose clock is far from ours is refused, because one of the two is wrong.
 *
 * @module
 */
import { Joint, type Span } from '#lib/availability/joint.ts'
import { agreed, type Vote } from '#lib/availability/quorum.ts'
import type { Looked } from '../monitors/look.ts'
import { refused, type Report, type ReportedLook } from './report.ts'

const CLOCK_OFF_MAX_MS = 60_000
/** Our own look among the vantages'; no vantage can have this name. */
const OWN = ''

export type VantageNow = {
  readonly name: string
  /** When it was last heard of; undefined: never. */
  readonly heardMs: number | undefined
}

type Known = { readonly sequence: number; readonly atMs: number; readonly looks: ReportedLooks }
type ReportedLooks = ReadonlyMap<string, ReportedLook>

export class Votes {
  readonly #names: readonly string[]
  readonly #freshMs: number
  readonly #known = new Map<string, Known>()
  readonly #joints: ReadonlyMap<string, Joint>

  /** @param freshMs After so long without a report a vantage abstains. */
  constructor(names: readonly string[], components: readonly string[], freshMs: number) {
    this.#names = names
    this.#freshMs = freshMs
    const size = names.length + 1
    this.#joints = new Map(components.map((id) => [id, new Joint(size, freshMs)]))
  }

  /** Whether nobody else looks. */
  get alone(): boolean {
    return this.#names.length === 0
  }

  /** @throws {DeniedError} VANTAGE_REFUSED: an old report, or a clock that is far off. */
  take(report: Report, nowMs: number): void {
    const before = this.#known.get(report.vantage)
    if (!this.#names.includes(report.vantage)) throw refused('the vantage is not configured')
    if (before && report.sequence <= before.sequence) throw refused('it is not newer than the last')
    if (Math.abs(report.sentMs - nowMs) > CLOCK_OFF_MAX_MS) throw refused('its clock is far off')
    const looks = new Map(report.looks.map((look) => [look.component, look]))
    for (const { component, look } of report.looks) {
      const { number, seen, tookMs, agoMs } = look
      const endMs = nowMs - agoMs
      const isNew = number !== before?.looks.get(component)?.look.number
      if (isNew && seen !== 'unknown')
        this.#joints.get(component)?.add(report.vantage, { startMs: endMs - tookMs, endMs, seen })
    }
    this.#known.set(report.vantage, { sequence: report.sequence, atMs: nowMs, looks })
  }

  /** What all agree on; our own look is one vote. Undefined: nobody knows. */
  judge(component: string, own: Looked | undefined, nowMs: number): Looked | undefined {
    if (this.alone) return own
    if (own) {
      const look = { startMs: nowMs - own.tookMs, endMs: nowMs }
      this.#joints.get(component)?.add(OWN, { ...look, seen: own.up ? 'up' : 'down' })
    }
    const others = [...this.#known.values()].flatMap(({ atMs, looks }) => {
      const look = looks.get(component)
      return look ? [{ ...look, atMs }] : []
    })
    const mine: Vote[] = own ? [{ seen: own.up ? 'up' : 'down', atMs: nowMs }] : []
    const size = this.#names.length + 1
    const seen = agreed([...mine, ...others], { size, freshMs: this.#freshMs, nowMs })
    if (seen === 'unknown') return undefined
    if (own && own.up === (seen === 'up')) return own
    const like = others.find((look) => look.seen === seen)
    const { look, reason } = like ?? {}
    const tookMs = look?.tookMs ?? 0
    return seen === 'up' ? { up: true, tookMs } : { up: false, tookMs, reason: reason ?? 'FAILED' }
  }

  /** Time that is settled since the last call, each stretch once. */
  settle(component: string, nowMs: number): readonly Span[] {
    return this.#joints.get(component)?.settle(nowMs) ?? []
  }

  now(): readonly VantageNow[] {
    return this.#names.map((name) => ({ name, heardMs: this.#known.get(name)?.atMs }))
  }
}
