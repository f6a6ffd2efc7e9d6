/**
 * `veilig secrets scan`: secrets in source, named by place and never by value.
 *
 * @module
 */
import { scanRepository } from '#services/secret-scan/scan.ts'
import type { Command } from '../command.ts'
import { declaredRepositories } from '../run/prober-staff.ts'

const SHOWN_MAX = 100

export const secretsScanCommand: Command = {
  name: 'secrets scan',
  summary: 'search source for keys and passwords; shows where, never what',
  usage: '[FOLDER …] [--json]',
  options: {},
  run: async (context, input) => {
    const { positionals, signal, values } = input
    const folders = positionals.length > 0 ? positionals : declaredRepositories(context)
    let found = 0
    for (const folder of folders) {
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
