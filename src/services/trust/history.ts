/**
 * Keeps the year behind the page: what it showed, minute by minute, over restarts.
 *
 * @module
 */
import { addTime, type History } from '#lib/claims/history.ts'
import type { RunningService } from '#system/service.ts'
import type { TrustPorts } from './ports.ts'
import type { Snapshot, TrustSession } from './session.ts'

const LOOK_EVERY_MS = 15_000
const SAVE_EVERY_MS = 300_000
/** Two looks that lie further apart leave a gap that nobody watched. */
const GAP_MS = 4 * LOOK_EVERY_MS

export type KeptHistory = RunningService & { readonly history: History }

/** Looks until disposal; what was seen is saved every five minutes and at the end. */
export async function keepHistory(session: TrustSession, ports: TrustPorts): Promise<KeptHistory> {
  const { clock } = ports
  const history = await ports.history.load()
  const stopping = new AbortController()
  const keeping = (async (): Promise<void> => {
    let before: Snapshot | undefined
    let savedMs = clock.monotonicMs()
    while (!stopping.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, stopping.signal).catch(() => undefined)
      const now = await session.snapshot()
      const passedMs = now.nowMs - (before?.nowMs ?? now.nowMs)
      if (before && passedMs > 0 && passedMs <= GAP_MS) {
        addTime(history, before.statuses, before.nowMs, now.nowMs)
      }
      before = now
      if (clock.monotonicMs() - savedMs < SAVE_EVERY_MS) continue
      savedMs = clock.monotonicMs()
      // A full disk loses at most what was seen since; the next save brings it.
      await ports.history.save(history).catch(() => undefined)
    }
  })()
  return {
    history,
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await keeping
      await ports.history.save(history)
    },
  }
}
