/**
 * `veilig backup destroy-expired`: destroys now what retention would destroy within the hour.
 *
 * @module
 */
import { askBackup } from '#services/backup/control/client.ts'
import type { RetentionReport } from '#services/backup/retention/destroy.ts'
import type { Command } from '../command.ts'

export const backupDestroyExpiredCommand: Command = {
  name: 'backup destroy-expired',
  summary: 'destroy the backups, log and keys that no moment of the window needs',
  usage: '[--dry-run]',
  options: { 'dry-run': { type: 'boolean' } },
  run: async (context, { values, signal }) => {
    const dryRun = values['dry-run'] === true
    const request = { request: 'destroy-expired', dryRun } as const
    for await (const answer of askBackup(context.paths.socket('backup'), request, signal)) {
      if (answer.answer === 'destroyed') {
        const { report } = answer
        const text =
          values['json'] === true ? `${JSON.stringify(report)}\n` : asText(report, dryRun)
        process.stdout.write(text)
        return report.waitingFor.length === 0 ? 0 : 1
      }
      if (answer.answer === 'failed') process.stderr.write(`${answer.message}\n`)
    }
    return 1
  },
}

function asText(report: RetentionReport, dryRun: boolean): string {
  const { backups, keys, logParts, objects, receipts, waitingFor } = report
  const from = new Date(report.windowFromMs).toISOString().slice(0, 19).replace('T', ' ')
  const what = `${backups.length} backups, ${logParts} parts of the log, ${keys} keys`
  const window = `The window begins at ${from} UTC`
  const lines = [`${window}; every second in it that can be restored stays so.`]
  if (dryRun) lines.push(`No longer needed: ${what}. Nothing was destroyed.`)
  else lines.push(`Given up: ${what}. Destroyed: ${objects} objects, ${receipts} receipts.`)
  if (waitingFor.length > 0) {
    lines.push(`${waitingFor.join(', ')} did not answer: the rest follows when it is back.`)
  }
  return `${lines.join('\n')}\n`
}
