/**
 * What the console shows of the ring: read from the evidence, the supervisor's book and the backup.
 *
 * @module
 */
import { readEvents } from '#audit/read.ts'
import { askBackup } from '#services/backup/control/client.ts'
import type { Overview } from '#services/staff/ports.ts'
import type { Context } from '../context.ts'
import { look } from '../commands/claims.ts'

const BACKUP_TIMEOUT_MS = 3_000
const MIB = 1024 * 1024

export function overviewOf(context: Context): () => Promise<Overview> {
  const processes = processesIn(context)
  return async () => {
    const [claims, running, backups] = await Promise.all([
      claimsOf(context),
      processes(),
      backupsOf(context),
    ])
    return { claims, processes: running, backups }
  }
}

async function claimsOf(context: Context): Promise<Overview['claims']> {
  const { statuses, nowMs } = await look(context)
  return statuses.map(({ claim, state, record }) => ({
    id: claim.id,
    state,
    sentence: claim.sentence.en,
    ageMs: record && nowMs - record.newest.measurement.endedMs,
  }))
}

type Process = Overview['processes'][number]

/** The supervisor's book from where it was left: each page reads only what is new. */
function processesIn({ paths }: Context): () => Promise<readonly Process[]> {
  const known = new Map<string, Process>()
  let from = 0
  return async () => {
    for await (const event of readEvents({ folder: paths.audit, process: 'supervisor', from })) {
      from = event.sequence + 1
      const name = String(event.detail['process'] ?? '')
      const before = known.get(name)
      if (event.code === 'AUDIT_BOOK_OPENED') known.clear()
      else if (event.code === 'PROCESS_STARTED') {
        const restarts = before ? before.restarts + 1 : 0
        known.set(name, { name, state: 'runs', sinceMs: event.timeMs, restarts })
      } else if (event.code === 'PROCESS_ENDED' && before)
        known.set(name, { ...before, state: 'ended', sinceMs: event.timeMs })
    }
    return [...known.values()].toSorted((a, b) => a.name.localeCompare(b.name))
  }
}

const size = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`

async function backupsOf({ paths, clock }: Context): Promise<Overview['backups']> {
  try {
    const signal = AbortSignal.timeout(BACKUP_TIMEOUT_MS)
    for await (const answer of askBackup(paths.socket('backup'), { request: 'status' }, signal)) {
      if (answer.answer !== 'status') continue
      const { full, log, regions } = answer.status
      const minutes = (ms: number): string => `${Math.max(0, Math.round(ms / 60_000))} min`
      const newest = full.newest
        ? `${minutes(clock.nowMs() - full.newest.finishedMs)} ago, ${size(full.newest.storedBytes)}`
        : full.running
          ? 'the first is being taken'
          : 'none yet'
      return [
        { what: 'Newest full backup', value: newest },
        { what: 'Transaction log', value: log.fault ?? log.phase },
        ...regions.map(({ name, lagMs, maxRateMib }) => {
          const behind = lagMs === null ? 'not known yet' : `${(lagMs / 1000).toFixed(1)} s behind`
          const limit = maxRateMib === null ? '' : `, at most ${maxRateMib} MiB/s`
          return { what: `Region ${name}`, value: `${behind}${limit}` }
        }),
      ]
    }
  } catch {
    // The page is for looking when something is wrong: it says so and shows the rest.
  }
  return [{ what: 'Backup', value: 'does not answer' }]
}
