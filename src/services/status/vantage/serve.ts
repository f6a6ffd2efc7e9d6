/**
 * A vantage: looks from where it stands, and reports. It decides nothing and keeps nothing.
 *
 * It votes `down` only after two looks in a row, and abstains when its own reference is out of
 * reach. While the status service cannot be reached its reports are lost: an old vote is no vote.
 *
 * @module
 */
import type { NoteSigner } from '#crypto/signed-note.ts'
import { confirm, unseen, type Confirmed } from '#lib/availability/confirm.ts'
import { deadline, type Clock } from '#system/clock.ts'
import type { RunningService } from '#system/service.ts'
import type { Watched } from '../ports.ts'
import { lookOnce } from '../watch.ts'
import { encodeReport, type ReportedLook } from './report.ts'

const AGAIN_MS = 2000
const AGO_MAX_MS = 600_000
const thresholds = { up: 1, down: 2, unknown: 1 }

export type VantagePorts = {
  readonly watched: readonly Watched[]
  readonly reference: (signal: AbortSignal) => Promise<void>
  readonly clock: Clock
  readonly signer: NoteSigner
  /** Brings one report there. @throws {Error} When it was not taken. */
  readonly send: (report: string, signal: AbortSignal) => Promise<void>
  readonly complain: (code: string, message: string) => void
}

export type VantageTimes = { readonly intervalSeconds: number; readonly timeoutSeconds: number }

export async function serveVantage(
  times: VantageTimes,
  ports: VantagePorts,
): Promise<RunningService> {
  await Promise.resolve()
  const stop = new AbortController()
  const desk = new ReportDesk(times, ports, stop.signal)
  const loops = ports.watched.map((one) => watchOne(one, times, ports, desk, stop.signal))
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined) // whoever waits for it hears of it
  for (const loop of loops) loop.catch(fail)
  return {
    failed,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await Promise.allSettled(loops)
      await desk.idle()
    },
  }
}

async function watchOne(
  watched: Watched,
  times: VantageTimes,
  ports: VantagePorts,
  desk: ReportDesk,
  stop: AbortSignal,
): Promise<void> {
  const { clock } = ports
  const intervalMs = times.intervalSeconds * 1000
  let state: Confirmed = unseen(clock.nowMs())
  let number = 0
  while (!stop.aborted) {
    const startedMs = clock.monotonicMs()
    const looked = await lookOnce(watched, times, ports, stop)
    if (stop.aborted) return
    const seen = looked === undefined ? 'unknown' : looked.up ? 'up' : 'down'
    state = confirm(state, { atMs: clock.nowMs(), seen }, thresholds)
    const reason = looked?.reason
    number++
    desk.say(clock.monotonicMs(), {
      component: watched.id,
      seen: state.state,
      ...(reason === undefined ? {} : { reason }),
      look: { number, seen, tookMs: looked?.tookMs ?? 0, agoMs: 0 },
    })
    const restMs = state.pending ? Math.min(AGAIN_MS, intervalMs) : intervalMs
    const spentMs = clock.monotonicMs() - startedMs
    await clock.sleep(Math.max(AGAIN_MS / 4, restMs - spentMs), stop).catch(() => undefined)
  }
}

/** One report at a time, always of the newest; what is said meanwhile goes with the next. */
class ReportDesk {
  readonly #times: VantageTimes
  readonly #ports: VantagePorts
  readonly #stop: AbortSignal
  readonly #looks = new Map<string, { readonly endedMs: number; readonly look: ReportedLook }>()
  #sending: Promise<void> | undefined
  #more = false
  #sequence: number

  constructor(times: VantageTimes, ports: VantagePorts, stop: AbortSignal) {
    this.#times = times
    this.#ports = ports
    this.#stop = stop
    // Grows over restarts too, as long as the clock is not set back; then reports are refused.
    this.#sequence = ports.clock.nowMs()
  }

  /** @param endedMs By the clock that only grows. */
  say(endedMs: number, look: ReportedLook): void {
    this.#looks.set(look.component, { endedMs, look })
    this.#more = true
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined))
  }

  async idle(): Promise<void> {
    await this.#sending
  }

  async #send(): Promise<void> {
    const { clock, signer, send, complain } = this.#ports
    while (this.#more && !this.#stop.aborted) {
      this.#more = false
      this.#sequence++
      const monotonicMs = clock.monotonicMs()
      const looks = [...this.#looks.values()].map(({ endedMs, look }) => {
        const agoMs = Math.min(AGO_MAX_MS, Math.max(0, monotonicMs - endedMs))
        return { ...look, look: { ...look.look, agoMs } }
      })
      const head = { vantage: signer.name, sequence: this.#sequence, sentMs: clock.nowMs() }
      using limit = deadline(clock, this.#times.timeoutSeconds * 1000, this.#stop)
      try {
        const report = encodeReport({ ...head, looks }, signer)
        await send(report, limit.signal)
      } catch (error) {
        if (!this.#stop.aborted) complain('VANTAGE_UNHEARD', (error as Error).message)
      }
    }
  }
}
