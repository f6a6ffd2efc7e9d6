/**
 * The live stream: tells a page that something happened, and how many alerts wait.
 *
 * One look at the ring serves all streams. A stream ends by itself after a minute, so that each
 * minute the guard asks anew whether its session still lives; watching never prolongs a session.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import type { Clock } from '#system/clock.ts'

export type Pulse = {
  /** Alerts that nobody looks after. */
  readonly waiting: number
  /** Differs when what the pages show differs. */
  readonly mark: string
}

const BEAT_MS = 2000
const STREAM_MS = 60_000
export const STREAMS_MAX = 64

/** What the ring says now, as one mark. Times are left out: they would differ at every look. */
export function pulseOf(waiting: number, ...parts: readonly unknown[]): Pulse {
  const mark = createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16)
  return { waiting, mark }
}

export class PulseRoom {
  readonly #clock: Clock
  readonly #look: () => Promise<Pulse>
  #streams = 0
  #looked: { readonly atMs: number; readonly pulse: Promise<Pulse> } | undefined

  constructor(clock: Clock, look: () => Promise<Pulse>) {
    this.#clock = clock
    this.#look = look
  }

  /** A stream of server-sent events, or undefined when there are too many already. */
  stream(): ReadableStream<Uint8Array> | undefined {
    if (this.#streams >= STREAMS_MAX) return undefined
    this.#streams++
    const stop = new AbortController()
    const untilMs = this.#clock.monotonicMs() + STREAM_MS
    let left = false
    const leave = (): void => {
      if (!left) this.#streams--
      left = true
      stop.abort()
    }
    const events = this.#events(untilMs, stop.signal)
    const encoder = new TextEncoder()
    return new ReadableStream({
      pull: async (controller) => {
        const { done, value } = await events.next()
        if (value !== undefined) controller.enqueue(encoder.encode(value))
        if (!done) return
        leave()
        controller.close()
      },
      cancel: leave,
    })
  }

  async *#events(untilMs: number, stop: AbortSignal): AsyncGenerator<string, undefined> {
    yield 'retry: 1000\n\n'
    let told: string | undefined
    while (!stop.aborted && this.#clock.monotonicMs() < untilMs) {
      const pulse = await this.#now().catch(() => undefined)
      const data = pulse && JSON.stringify(pulse)
      yield data === undefined || data === told ? ': still here\n\n' : eventOf(data)
      told = data ?? told
      await this.#clock.sleep(BEAT_MS, stop).catch(() => undefined) // the reader is gone
    }
    return undefined
  }

  #now(): Promise<Pulse> {
    const nowMs = this.#clock.monotonicMs()
    if (!this.#looked || nowMs - this.#looked.atMs >= BEAT_MS / 2)
      this.#looked = { atMs: nowMs, pulse: this.#look() }
    return this.#looked.pulse
  }
}

function eventOf(data: string): string {
  return `event: pulse\ndata: ${data}\n\n`
}
