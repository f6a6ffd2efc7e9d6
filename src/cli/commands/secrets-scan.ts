/**
 * `veilig secrets scan`: secrets in source, named by place and never by value.
 *
 * @module
 */
import { scanHistory } from '#services/secret-scan/history.ts'
import { scanRepository } from '#services/secret-scan/scan.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { declaredRepositories } from '../run/prober-staff.ts'

const SHOWN_MAX = 100

export const secretsScanCommand: Command = {
  name: 'secrets scan',
  summary: 'search source for keys and passwords; shows where, never what',
  usage: '[FOLDER …] [--history] [--json]',
  options: { history: { type: 'boolean' } },
  run: async (context, input) => {
    const { positionals, signal, values } = input
    const folders = positionals.length > 0 ? positionals : declaredRepositories(context)
    let found = 0
    for (const folder of folders) {
      if (values['history'] === true) {
        found += await searchHistory(context, folder, input)
        continue
      }
      const { baseline, fileBytesMax } = context.config.secrets
      const report = await scanRepository(folder, { baseline, fileBytesMax, signal })
      found += report.findings.length
      if (values['json'] === true)
        process.stdout.write(`${JSON.stringify({ folder, ...report })}\n`)
      else {
        for (const { path, line, rule, fingerprint } of report.findings.slice(0, SHOWN_MAX))
          process.stdout.write(`${path}:${line}  ${rule}  ${fingerprint}\n`)
        const { files, findings, accepted, skipped } = report
        const counts = `${findings.length} found, ${accepted} accepted, ${skipped} files skipped`
        process.stdout.write(`${folder}: ${files} files searched, ${counts}\n`)
      }
    }
    return found > 0 ? 1 : 0
  },
}

/** @returns How many were found that nobody accepted. */
async function searchHistory(
  { config, clock }: Context,
  folder: string,
  { signal, interactive, values }: CommandInput,
): Promise<number> {
  const begunMs = clock.monotonicMs()
  const onProgress = interactive
    ? (commits: number, total: number): void => {
        const seconds = (clock.monotonicMs() - begunMs) / 1000
        const left = Math.round((seconds / commits) * Math.max(0, total - commits))
        const done = `${commits} of ${total} commits, about ${left} s left`
        process.stderr.write(`\r\x1b[2K${folder}: ${done}`)
      }
    : undefined
  const { baseline } = config.secrets
  const report = await scanHistory(folder, { baseline, signal, onProgress })
  const { commits, lines, findings, accepted } = report
  if (interactive) process.stderr.write('\r\x1b[2K')
  if (values['json'] === true)
    process.stdout.write(`${JSON.stringify({ folder, history: true, ...report })}\n`)
  else {
    for (const { commit, path, line, rule, fingerprint } of findings.slice(0, SHOWN_MAX))
      process.stdout.write(`${commit.slice(0, 12)} ${path}:${line}  ${rule}  ${fingerprint}\n`)
    const counts = `${findings.length} found, ${accepted} accepted`
    process.stdout.write(`${folder}: ${commits} commits, ${lines} added lines; ${counts}\n`)
  }
  return findings.length
}
