/**
 * What is due, and to which moment. Pure.
 *
 * @module
 */
import type { Receipt } from '#crypto/receipt.ts'
import type { DrillBackup } from './ports.ts'

export type Schedule = {
  readonly everyMs: number
  readonly verifyEveryMs: number
  readonly firstAfterMs: number
  readonly retryMs: number
}

export type Task =
  /** Without a backup: any moment of the whole window. */
  { readonly kind: 'drill'; readonly backup: DrillBackup | undefined } | { readonly kind: 'verify' }

/** A backup is drilled at half its time, so that a failure leaves the other half to try again. */
const BACKUP_DUE = 0.5
/** Though no backup is new, a drill comes before the last is too old. */
const RENEWAL_DUE = 0.75
const DRAWS_MAX = 50

/**
 * @param backups Oldest first.
 * @param receipts All that there are, oldest first.
 */
export function nextTask(
  nowMs: number,
  backups: readonly DrillBackup[],
  receipts: readonly Receipt[],
  schedule: Schedule,
): Task | undefined {
  const [oldest] = backups
  if (!oldest) return undefined
  const { everyMs, verifyEveryMs, firstAfterMs, retryMs } = schedule
  const drills = receipts.filter((receipt) => receipt.kind === 'drill')
  const last = drills.at(-1)
  if (!last) {
    const due = nowMs >= oldest.finishedMs + firstAfterMs
    return due ? { kind: 'drill', backup: oldest } : undefined
  }
  const verified = receipts.findLast((receipt) => receipt.kind === 'verify')
  const verifyMs = verified?.passed === false ? Math.min(retryMs, verifyEveryMs) : verifyEveryMs
  if (!verified || nowMs >= verified.endedMs + verifyMs) return { kind: 'verify' }
  if (!last.passed && nowMs < last.endedMs + retryMs) return undefined
  const done = new Set(drills.filter(({ passed }) => passed).map(({ backup }) => backup))
  const waiting = backups.find(
    ({ id, finishedMs, madeMs = finishedMs }) =>
      !done.has(id) && nowMs >= madeMs + everyMs * BACKUP_DUE,
  )
  if (waiting) return { kind: 'drill', backup: waiting }
  const renew = !last.passed || nowMs >= last.endedMs + everyMs * RENEWAL_DUE
  return renew ? { kind: 'drill', backup: undefined } : undefined
}

/**
 * A moment at which a restore begins with this backup: after it, before the next.
 *
 * @param untilMs The log is complete up to here.
 * @param random Drawn evenly from 0 to below its argument.
 * @param isUncertain Moments that are not drawn.
 */
export function randomMoment(
  backup: DrillBackup | undefined,
  backups: readonly DrillBackup[],
  untilMs: number,
  random: (below: number) => number,
  isUncertain: (atMs: number) => boolean = () => false,
): number {
  const first = backup ?? backups[0]
  if (!first) return untilMs
  const next = backup && backups[backups.indexOf(backup) + 1]
  const endMs = Math.min(untilMs, next ? next.finishedMs - 1 : untilMs)
  const lengthMs = Math.floor(endMs - first.finishedMs)
  for (let draw = 0; lengthMs > 0 && draw < DRAWS_MAX; draw++) {
    const moment = first.finishedMs + random(lengthMs)
    if (!isUncertain(moment)) return moment
  }
  return first.finishedMs // its own end is on its branch
}
