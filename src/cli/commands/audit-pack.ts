/**
 * `veilig audit pack`: closed segments of the trail become Parquet, for questions over long times.
 *
 * @module
 */
import { listBooks } from '#audit/book-files.ts'
import { closedSegments, packedPath, packSegment } from '#audit/pack.ts'
import { IntegrityError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'
import type { Command } from '../command.ts'

export const auditPackCommand: Command = {
  name: 'audit pack',
  summary: 'make Parquet of the closed segments of the audit trail, so that questions are quick',
  usage: '[--json]',
  options: {},
  run: async (context, input) => {
    const folder = context.paths.audit
    let [segments, records, damaged] = [0, 0, 0]
    for (const book of await listBooks(folder)) {
      for (const closed of await closedSegments(folder, book)) {
        input.signal.throwIfAborted()
        if ((await systemDisk.size(packedPath(folder, book, closed.segment))) !== undefined)
          continue
        try {
          records += await packSegment(folder, book, closed)
          segments++
        } catch (error) {
          if (!(error instanceof IntegrityError)) throw error
          damaged++
          process.stderr.write(`${book}: ${error.message}\n`)
        }
      }
    }
    const said =
      input.values['json'] === true
        ? JSON.stringify({ segments, records, damaged })
        : `packed ${records} records of ${segments} segments`
    process.stdout.write(`${said}\n`)
    return damaged > 0 ? 1 : 0
  },
}
