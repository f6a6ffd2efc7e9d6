/**
 * How time was spent, by the looks of several: exact about what nobody can know. Pure.
 *
 * Time is settled late, when every one who looks had his say about it; a vote of before an outage
 * then counts for nothing within it. Between two looks of one that agree the time is theirs. Where
 * they differ it is unknown from the last answer to the next; a look that failed says only that at
 * some moment between its beginning and its end there was no answer.
 *
 * @module
 */
import { agreed } from './quorum.ts'
import type { Seen } from './time.ts'

/** A look from its beginning to its end, milliseconds since the Unix epoch. */
export type Look = { readonly startMs: number; readonly endMs: number; readonly seen: Seen }

export type Span = { readonly fromMs: number; readonly untilMs: number; readonly state: Seen }

/** Looks of one that are remembered; older ones are settled long before. */
const LOOKS_MAX = 1000

export class Joint {
  readonly #size: number
  readonly #gapMaxMs: number
  readonly #looks = new Map<string, Look[]>()
  #settledMs: number | undefined

  /** @param size How many look. @param gapMaxMs Between two looks of one, to speak for between. */
  constructor(size: number, gapMaxMs: number) {
    this.#size = size
    this.#gapMaxMs = gapMaxMs
  }

  /** A look that ended before the last of the same one is dropped: a clock was set back. */
  add(voter: string, look: Look): void {
    const looks = this.#looks.get(voter) ?? []
    this.#looks.set(voter, looks)
    if (look.endMs <= (looks.at(-1)?.endMs ?? -Infinity)) return
    looks.push(look)
    if (looks.length > LOOKS_MAX) looks.shift()
    this.#settledMs ??= look.endMs
  }

  /** Time of which all have spoken, or had the time to; each stretch is given once, in order. */
  settle(nowMs: number): readonly Span[] {
    const fromMs = this.#settledMs
    const untilMs = nowMs - this.#gapMaxMs
    if (fromMs === undefined || untilMs <= fromMs) return []
    this.#settledMs = untilMs
    const spans = [...this.#looks.values()].map((looks) => spansOf(looks, this.#gapMaxMs))
    const edges = spans.flat().flatMap((span) => [span.fromMs, span.untilMs])
    const within = edges.filter((edge) => edge > fromMs && edge < untilMs)
    const cuts = [...new Set([fromMs, ...within, untilMs])].toSorted((a, b) => a - b)
    for (const looks of this.#looks.values()) forget(looks, untilMs - this.#gapMaxMs)
    return cuts.slice(1).map((end, at) => {
      const start = cuts[at] ?? end
      const votes = spans.map((own) => ({ seen: stateAt(own, (start + end) / 2), atMs: 0 }))
      const state = agreed(votes, { size: this.#size, freshMs: 0, nowMs: 0 })
      return { fromMs: start, untilMs: end, state }
    })
  }
}

/** What the looks of one say; what is unknown stands before what is known. */
function spansOf(looks: readonly Look[], gapMaxMs: number): Span[] {
  const spans: Span[] = []
  for (const [at, after] of looks.entries()) {
    const before = looks[at - 1]
    if (!before || after.endMs - before.endMs > gapMaxMs) continue
    const fromMs = before.seen === 'down' ? before.startMs : before.endMs
    const state = before.seen === after.seen ? after.seen : 'unknown'
    spans.push({ fromMs, untilMs: after.endMs, state })
  }
  return spans
}

function stateAt(spans: readonly Span[], ms: number): Seen {
  const here = spans.filter(({ fromMs, untilMs }) => ms >= fromMs && ms < untilMs)
  if (here.length === 0 || here.some(({ state }) => state === 'unknown')) return 'unknown'
  return here[0]?.state ?? 'unknown'
}

/** Keeps one look from before, that the next may be compared with. */
function forget(looks: Look[], beforeMs: number): void {
  const first = looks.findIndex(({ startMs }) => startMs >= beforeMs)
  if (first > 2) looks.splice(0, first - 2)
}
