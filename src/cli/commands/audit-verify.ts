/**
 * `veilig audit verify`: whether the audit trail is what was written.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import { listBooks, openCheckpoint } from '#audit/book-files.ts'
import { verifyBook, type VerifyReport } from '#audit/verify.ts'
import { UsageError } from '#lib/errors.ts'
import type { Command } from '../command.ts'

export const auditVerifyCommand: Command = {
  name: 'audit verify',
  summary: 'verify that nothing in the audit trail was altered, removed or moved',
  usage: '[--process NAME] [--checkpoint FILE --key VERIFIER-KEY] [--json]',
  options: {
    process: { type: 'string' },
    checkpoint: { type: 'string' },
    key: { type: 'string' },
  },
  run: async (context, input) => {
    const { process: name, checkpoint, key } = input.values
    const folder = context.paths.audit
    const books = typeof name === 'string' ? [name] : await listBooks(folder)
    if (typeof name === 'string' && !(await listBooks(folder)).includes(name))
      throw new UsageError('AUDIT_BOOK_UNKNOWN', `there is no audit book of '${name}' in ${folder}`)
    if (typeof checkpoint === 'string' && (typeof key !== 'string' || books.length !== 1))
      throw new UsageError(
        'OPTION_INVALID',
        '--checkpoint goes with --key and, of several books, --process',
      )
    const trusted =
      typeof checkpoint === 'string' && typeof key === 'string'
        ? [openCheckpoint(await readNote(checkpoint), [key])]
        : []
    const json = input.values['json'] === true
    let sound = true
    for (const process of books) {
      const begunMs = context.clock.monotonicMs()
      const onProgress = input.interactive && !json ? progress(process) : undefined
      const own = typeof key === 'string' ? { key } : {}
      const shown = onProgress ? { onProgress } : {}
      const report = await verifyBook({ folder, process, trusted, ...own, ...shown })
      sound &&= report.findings.length === 0
      if (json) printJson(report)
      else print(report, context.clock.monotonicMs() - begunMs, input.interactive)
    }
    if (books.length === 0) process.stderr.write('there is no audit book here; is --data right?\n')
    return sound ? 0 : 1
  },
}

async function readNote(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const message = `the checkpoint ${file} cannot be read; give the file somebody kept`
    throw new UsageError('AUDIT_CHECKPOINT_UNREADABLE', message, { cause: error })
  }
}

function printJson(report: VerifyReport): void {
  process.stdout.write(`${JSON.stringify({ sound: report.findings.length === 0, ...report })}\n`)
}

function print(report: VerifyReport, durationMs: number, interactive: boolean): void {
  const { findings, notes, records, segments, vouched } = report
  const sound = findings.length === 0
  const [colour, plain] = interactive ? [sound ? '\x1b[32m' : '\x1b[31m', '\x1b[0m'] : ['', '']
  const verdict = sound ? 'as written' : 'NOT as written'
  const size = `${records} records in ${segments} ${segments === 1 ? 'segment' : 'segments'}`
  const signed = vouched > 0 ? `, signed for to record ${vouched - 1}` : ', not signed'
  const start = interactive ? '\r\x1b[2K' : ''
  process.stdout.write(
    `${start}${colour}${report.process}: ${verdict}${plain}  ${size}${signed}` +
      `  (${(durationMs / 1000).toFixed(1)} s)\n`,
  )
  for (const { code, file, offset, message } of findings) {
    const place = offset === undefined ? file : `${file}, byte ${offset}`
    process.stdout.write(`  ${code}  ${place}: ${message}\n`)
  }
  for (const note of notes) process.stdout.write(`  note: ${note}\n`)
}

function progress(name: string): (bytes: number, bytesTotal: number) => void {
  return (bytes, bytesTotal) => {
    const percent = bytesTotal === 0 ? 100 : Math.floor((100 * bytes) / bytesTotal)
    process.stdout.write(`\r\x1b[2K${name}: ${String(percent).padStart(3)} %`)
  }
}
