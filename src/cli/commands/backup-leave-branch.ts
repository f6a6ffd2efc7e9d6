/**
 * `veilig backup leave-branch`: of two servers promoted apart to one number, the one that is not in
 * the repository counts.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { askBackup } from '#services/backup/control/client.ts'
import type { BranchReport } from '#services/backup/retention/branch.ts'
import type { Command } from '../command.ts'

export const backupLeaveBranchCommand: Command = {
  name: 'backup leave-branch',
  summary: 'destroy what is kept of a timeline: another server of that number counts',
  usage: '--timeline N --reason TEXT [--yes]',
  options: {
    timeline: { type: 'string' },
    reason: { type: 'string' },
    yes: { type: 'boolean' },
  },
  run: async ({ paths }, { values, signal }) => {
    const { reason } = values
    const timeline = Number(values['timeline'])
    const named = Number.isInteger(timeline) && timeline >= 1 && timeline <= 0xffff_ffff
    if (!named || typeof reason !== 'string') {
      const message = 'say which timeline is given up, and why: --timeline N --reason TEXT'
      throw new UsageError('OPTION_INVALID', message)
    }
    const dryRun = values['yes'] !== true
    const request = { request: 'leave-branch', timeline, reason, dryRun } as const
    for await (const answer of askBackup(paths.socket('backup'), request, signal)) {
      if (answer.answer === 'failed') process.stderr.write(`${answer.message}\n`)
      if (answer.answer !== 'branch-left') continue
      const { report } = answer
      const text =
        values['json'] === true ? `${JSON.stringify(report)}\n` : asText(report, timeline, dryRun)
      process.stdout.write(text)
      return report.waitingFor.length > 0 ? 1 : 0
    }
    return 1
  },
}

function asText(report: BranchReport, timeline: number, dryRun: boolean): string {
  const { timelines, backups, sinceMs, objects, waitingFor } = report
  const all = timelines.length === 1 ? `timeline ${timelines[0]}` : `timelines ${timelines.join()}`
  const since =
    sinceMs === undefined ? '' : `, written since ${new Date(sinceMs).toISOString().slice(0, 19)}Z`
  const what = `The log of ${all}${since}, and ${backups.length} backups`
  if (dryRun) {
    return [
      `${what} would be destroyed, and what was done there alone is lost with it.`,
      'Nothing was done. To keep a copy first:',
      `  veilig restore --to latest --timeline ${timelines.at(-1)} --into DIR`,
      'To go on with the server that is there now, say it again with --yes.',
      '',
    ].join('\n')
  }
  const lines = [
    `${what} are given up: ${objects} objects destroyed.`,
    `The backup process starts again and follows the server that is there, on ${timeline}.`,
  ]
  if (waitingFor.length > 0) {
    lines.push(`${waitingFor.join(', ')} did not answer: the rest follows when it is back.`)
  }
  return `${lines.join('\n')}\n`
}
