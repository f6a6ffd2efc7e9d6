/**
 * How far the log and each region have come, in words for `veilig backup list`.
 *
 * @module
 */
import { askBackup } from '#services/backup/control/client.ts'
import type { BackupStatus, RegionStatus } from '#services/backup/status.ts'
import { VeiligError } from '#lib/errors.ts'
import type { Paths } from './paths.ts'

const ASK_MS = 5_000

/** What the running service says of itself; undefined when none runs. */
export async function backupNow(paths: Paths): Promise<BackupStatus | undefined> {
  const signal = AbortSignal.timeout(ASK_MS)
  try {
    for await (const answer of askBackup(paths.socket('backup'), { request: 'status' }, signal)) {
      if (answer.answer === 'status') return answer.status
    }
  } catch (error) {
    if (!(error instanceof VeiligError) && !signal.aborted) throw error
  }
  return undefined
}

/** Nothing while the log is received. */
export function faultLine({ log: { fault } }: Pick<BackupStatus, 'log'>): string {
  return fault === null ? '' : `THE LOG IS NOT RECEIVED: ${fault}.\n`
}

export function regionLine({ name, required, lagMs, maxRateMib, fault }: RegionStatus): string {
  const limit = maxRateMib === null ? '' : `at most ${maxRateMib} MiB/s`
  const traits = [...(required ? [] : ['optional']), ...(limit === '' ? [] : [limit])]
  const kind = traits.length === 0 ? '' : ` (${traits.join(', ')})`
  const reason = fault === null ? '' : `: ${fault}`
  if (lagMs === null) {
    const what = fault === null ? 'is being compared' : 'is behind, nobody knows how far'
    return `Region ${name}${kind} ${what}${reason}.\n`
  }
  const seconds = (lagMs / 1000).toFixed(1)
  return `Region ${name}${kind} holds every change up to ${seconds} s ago${reason}.\n`
}
