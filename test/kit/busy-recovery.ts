/**
 * Three months of backups, with all that may happen to them: days on which none was taken, a gap, a
 * branch that was left, a hold, damaged pages, what was destroyed, and what no drill has seen yet.
 */
import type { Recovery, RecoveryBackup } from '#services/staff/ports.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const EVERY_MS = 50 * MINUTE_MS
const MIB = 1024 * 1024

/** @param nowMs It ends three seconds before. */
export function busyRecovery(nowMs: number): Recovery {
  const fromMs = nowMs - 90 * DAY_MS
  const gap = { fromMs: nowMs - 31 * DAY_MS, toMs: nowMs - 29.5 * DAY_MS }
  const late = { fromMs: nowMs - 5 * HOUR_MS, toMs: nowMs - 4 * HOUR_MS }
  const backups: RecoveryBackup[] = []
  let full: string | undefined
  for (let number = 0; fromMs + number * EVERY_MS < nowMs - 10 * MINUTE_MS; number++) {
    const finishedMs = fromMs + number * EVERY_MS
    const isFull = number % 5 === 0
    if ([gap, late].some((one) => finishedMs > one.fromMs && finishedMs < one.toMs)) {
      if (isFull) full = undefined
      continue
    }
    const id = `${new Date(finishedMs)
      .toISOString()
      .replaceAll(/[-:]|\.\d+/g, '')
      .toLowerCase()}-${String(number).padStart(16, '0')}`
    const kind = isFull || full === undefined ? 'full' : 'differential'
    backups.push({
      id,
      kind,
      parentId: kind === 'full' ? undefined : full,
      finishedMs,
      storedBytes: (kind === 'full' ? 412 : 18 + (number % 9)) * MIB,
      damagedPages: number === 2580 ? 3 : 0,
      drilledMs: finishedMs > nowMs - 7 * HOUR_MS ? undefined : finishedMs + 2 * HOUR_MS,
    })
    if (kind === 'full') full = id
  }
  const lost = 'the log ends at 2A/51000000 and goes on later'
  return {
    backups,
    untilMs: nowMs - 3000,
    uncertain: [{ fromMs: nowMs - 62 * DAY_MS, toMs: nowMs - 61 * DAY_MS }],
    gaps: [
      { ...gap, why: lost },
      { ...late, why: lost },
    ],
    holds: [{ id: '4f1c22ab90d3e871', fromMs: nowMs - 20 * DAY_MS, reason: 'inquiry 2026/118' }],
    destroyed: { untilMs: fromMs, receipts: 2147 },
  }
}
