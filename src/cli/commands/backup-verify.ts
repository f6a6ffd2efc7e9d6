/**
 * `veilig backup verify`: authenticates every object in every region.
 *
 * @module
 */
import { repairRegions, type Repaired } from '#services/backup/repository/repair.ts'
import { verifyRepository, type VerifyReport } from '#services/backup/repository/verify.ts'
import type { Command, CommandInput } from '../command.ts'
import { openForReading, readKeyFile } from '../repository.ts'

const PROGRESS_MS = 200
const SHOWN_MAX = 100

export const backupVerifyCommand: Command = {
  name: 'backup verify',
  summary: 'authenticate every object in every region, and name what is wrong',
  usage: '[--contents] [--key FILE] [--repair]',
  options: {
    contents: { type: 'boolean' },
    key: { type: 'string' },
    repair: { type: 'boolean' },
  },
  run: async (context, input) => {
    const { values } = input
    const contents = values['contents'] === true
    const { key } = values
    const wanted = contents || key !== undefined
    const identity = wanted ? await readKeyFile(context.paths, key) : undefined
    const reader = await openForReading(context, context.config.backup.regions, identity)
    const progress = input.interactive ? progressLine(context.clock) : undefined
    const { signal } = input
    const report = await verifyRepository(reader, {
      contents,
      signal,
      ...(progress ? { progress } : {}),
    })
    const repair = values['repair'] === true
    const repaired = repair ? await repairRegions(reader, report.findings, signal) : []
    const json = values['json'] === true
    process.stdout.write(json ? asJson(report, repaired) : asText(report, repaired, input))
    return report.findings.length === repaired.length ? 0 : 1
  },
}

function progressLine(clock: { monotonicMs(): number }): (region: string, bytes: number) => void {
  let shownMs = -Infinity
  let total = 0
  return (region, bytes) => {
    total += bytes
    if (clock.monotonicMs() - shownMs < PROGRESS_MS) return
    shownMs = clock.monotonicMs()
    process.stdout.write(`\r\x1b[2K${megabytes(total)} authenticated, in region ${region}`)
  }
}

function asJson(report: VerifyReport, repaired: readonly Repaired[]): string {
  const { objects, bytes, findings, leftOvers } = report
  const sound = findings.length === 0
  return `${JSON.stringify({ sound, objects, bytes, findings, repaired, leftOvers })}\n`
}

function asText(
  report: VerifyReport,
  repaired: readonly Repaired[],
  { interactive }: CommandInput,
): string {
  const { objects, bytes, findings, leftOvers } = report
  const lines = findings.slice(0, SHOWN_MAX).map(({ region, message }) => `${region}: ${message}`)
  if (findings.length > SHOWN_MAX) lines.push(`… and ${findings.length - SHOWN_MAX} more`)
  const result = findings.length === 0 ? 'All is as it was stored' : `${findings.length} WRONG`
  const spare = leftOvers.length === 0 ? '' : `; ${leftOvers.length} left over, harmless`
  if (repaired.length > 0) lines.push(`${repaired.length} repaired from another region.`)
  lines.push(`${result}: ${objects} objects, ${megabytes(bytes)}${spare}.`)
  return `${interactive ? '\r\x1b[2K' : ''}${lines.join('\n')}\n`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
