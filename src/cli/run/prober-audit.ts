/**
 * The audit trail as the prober sees it: the files, read and verified from outside their writers.
 *
 * @module
 */
import { readdir } from 'node:fs/promises'
import { readEvents } from '#audit/read.ts'
import type { VerifyReport } from '#audit/verify.ts'
import { BookWatch } from '#audit/watch.ts'
import type { AuditView } from '#services/prober/probes/audit-complete.ts'
import type { Clock } from '#system/clock.ts'

const STATEMENT_BOOK = 'sql-gateway'
const POLL_MS = 50
/** Closed segments that look unchanged are read again this often. */
const WHOLE_EVERY_MS = 10 * 60_000

/** @param folder Of all books. */
export function auditView(folder: string, clock: Clock): AuditView {
  let statements = 0
  const watches = new Map<string, BookWatch>()
  const watchOf = (process: string): BookWatch => {
    const known = watches.get(process)
    if (known) return known
    const made = new BookWatch({ folder, process, clock, wholeEveryMs: WHOLE_EVERY_MS })
    watches.set(process, made)
    return made
  }
  return {
    verify: async () => {
      const entries = await readdir(folder, { withFileTypes: true })
      const reports: VerifyReport[] = []
      for (const entry of entries.filter((found) => found.isDirectory())) {
        reports.push(await watchOf(entry.name).verify())
      }
      statements = reports.find(({ process }) => process === STATEMENT_BOOK)?.records ?? 0
      return {
        records: reports.reduce((sum, { records }) => sum + records, 0),
        faults: reports.flatMap(({ findings }) => findings.map(({ message }) => message)),
      }
    },
    awaitStatement: async (text, user, signal) => {
      const follow = { clock, signal, pollMs: POLL_MS }
      const events = readEvents({ folder, process: STATEMENT_BOOK, from: statements, follow })
      for await (const { code, detail } of events) {
        if (code !== 'DB_STATEMENT' || detail['user'] !== user) continue
        if (String(detail['sql']).includes(text)) return true
      }
      return false
    },
  }
}
