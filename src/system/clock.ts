/**
 * Time, as a door that tests can hold.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises'

export interface Clock {
  /** Milliseconds since the Unix epoch; may jump when the machine's clock is set. */
  nowMs(): number
  /** Milliseconds that only ever grow; for durations and deadlines. */
  monotonicMs(): number
  /** Resolves after `ms`. @throws {Error} AbortError when `signal` aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
}

/**
 * Resolves once the work has settled, well or badly, or the time is over; no timer stays behind to
 * keep the process alive.
 */
export async function settledWithin(
  work: Promise<unknown>,
  timeoutMs: number,
  clock: Pick<Clock, 'sleep'>,
): Promise<void> {
  const enough = new AbortController()
  const late = clock.sleep(timeoutMs, enough.signal).catch(() => undefined)
  try {
    await Promise.race([work.catch(() => undefined), late])
  } finally {
    enough.abort()
  }
}

/** A signal that aborts when the time is over; disposing of it leaves no timer behind. */
export type Deadline = Disposable & { readonly signal: AbortSignal }

/**
 * As `AbortSignal.timeout`, but of a clock that tests can hold.
 *
 * @param stop Aborts the signal as well.
 */
export function deadline(
  clock: Pick<Clock, 'sleep'>,
  timeoutMs: number,
  stop: AbortSignal,
): Deadline {
  const over = new AbortController()
  const done = new AbortController()
  const end = (): void => over.abort(new DOMException('The time is over', 'TimeoutError'))
  clock.sleep(timeoutMs, done.signal).then(end, () => undefined) // disposed of before its end
  const signal = AbortSignal.any([over.signal, stop])
  return { signal, [Symbol.dispose]: () => done.abort() }
}
