/**
 * The audit trail as the prober sees it: the files, read and verified from outside their writers.
 *
 * @module
 */
import { readdir } from 'node:fs/promises'
import { readEvents } from '#audit/read.ts'
import { isStatementBook, statementBook } from '#lib/statement-books.ts'
import type { VerifyReport } from '#audit/verify.ts'
import { BookWatch } from '#audit/watch.ts'
import type { AuditView } from '#services/prober/probes/audit-complete.ts'
import type { Clock } from '#system/clock.ts'

const POLL_MS = 50
/** Closed segments that look unchanged are read again this often. */
const WHOLE_EVERY_MS = 10 * 60_000

/** @param folder Of all books. */
export function auditView(folder: string, clock: Clock): AuditView {
  /** Book of the SQL gateway → its records when it was last verified. */
  let books = new Map<string, number>([[statementBook(0), 0]])
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
      const found = reports.filter(({ process }) => isStatementBook(process))
      if (found.length > 0) books = new Map(found.map(({ process, records }) => [process, records]))
      return {
        records: reports.reduce((sum, { records }) => sum + records, 0),
        faults: reports.flatMap(({ findings }) => findings.map(({ message }) => message)),
      }
    },
    awaitStatement: async (text, user, signal) => {
      const found = new AbortController()
      const either = AbortSignal.any([signal, found.signal])
      const follow = { clock, signal: either, pollMs: POLL_MS }
      const isIn = async ([process, from]: readonly [string, number]): Promise<boolean> => {
        for await (const { code, detail } of readEvents({ folder, process, from, follow })) {
          if (code !== 'DB_STATEMENT' || detail['user'] !== user) continue
          if (!String(detail['sql']).includes(text)) continue
          found.abort() // the other books need not be followed any longer
          return true
        }
        return false
      }
      return (await Promise.all([...books].map(isIn))).includes(true)
    },
  }
}
