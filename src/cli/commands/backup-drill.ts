/**
 * `veilig backup drill`: really restores, on a throw-away server, and says what was found.
 *
 * The running drill service does it when there is one; else this command does.
 *
 * @module
 */
import { request } from 'node:http'
import { existsSync } from 'node:fs'
import type { DrillReceipt } from '#crypto/receipt.ts'
import { FaultError, UsageError } from '#lib/errors.ts'
import { parseTarget } from '#services/backup/restore/target.ts'
import { openDrills } from '#services/drill/serve.ts'
import { openBook } from '../book.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { drillPorts } from '../run/drill.ts'

export const backupDrillCommand: Command = {
  name: 'backup drill',
  summary: 'restore to a moment on a throw-away server, check all of it, keep a signed receipt',
  usage: '[--to TIME]',
  options: { to: { type: 'string' } },
  run: async (context, { values, signal, interactive }) => {
    const targetMs = momentOf(values['to'])
    if (interactive) process.stdout.write('Restoring and checking; this takes a while …\n')
    const receipt =
      (await askService(context.paths.socket('drill'), targetMs, signal)) ??
      (await drillHere(context, targetMs, signal))
    process.stdout.write(values['json'] === true ? `${JSON.stringify(receipt)}\n` : asText(receipt))
    return receipt.passed ? 0 : 1
  },
}

function momentOf(to: string | boolean | undefined): number | undefined {
  if (typeof to !== 'string') return undefined
  const target = parseTarget(to)
  if (target.kind === 'time') return Math.floor(target.atMs)
  throw new UsageError('OPTION_INVALID', 'a drill goes to a time, for example 2026-11-23T14:05:00Z')
}

/** Undefined when no service answers. @throws {FaultError} DRILL_BROKE_OFF. */
function askService(
  socketPath: string,
  targetMs: number | undefined,
  signal: AbortSignal,
): Promise<DrillReceipt | undefined> {
  if (!existsSync(socketPath)) return Promise.resolve(undefined)
  const path = targetMs === undefined ? '/drill' : `/drill?to=${targetMs}`
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, method: 'POST', signal })
    let text = ''
    call.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(undefined)
      else
        reject(new FaultError('DRILL_BROKE_OFF', 'the drill service broke off', { cause: error }))
    })
    call.on('response', (response) => {
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        if (response.statusCode === 200) return resolve(JSON.parse(text) as DrillReceipt)
        reject(new FaultError('DRILL_BROKE_OFF', `the drill service answered ${text}`))
      })
      response.on('error', reject)
    })
    call.end()
  })
}

async function drillHere(
  context: Context,
  targetMs: number | undefined,
  signal: AbortSignal,
): Promise<DrillReceipt> {
  await using trail = await openBook(context, 'drill-man')
  const ports = await drillPorts({ ...context, trail }, 'drill-man')
  const drills = await openDrills(context.config.drill, ports)
  return await drills.drill({ backup: undefined, targetMs }, signal)
}

function asText(receipt: DrillReceipt): string {
  const { passed, backup, targetMs, failures } = receipt
  const seconds = ((receipt.endedMs - receipt.startedMs) / 1000).toFixed(1)
  const moment = new Date(targetMs).toISOString()
  const lines = [
    `${passed ? 'PASSED' : 'FAILED'}: to ${moment} from ${backup || 'nothing'}, ${seconds} s.`,
    `Read ${receipt.rows} rows of ${receipt.tables} tables, ${receipt.indexes} indexes and ` +
      `${receipt.pages} pages in ${receipt.databases} databases of PostgreSQL ` +
      `${receipt.serverVersion}; stopped at ${receipt.reachedLsn}.`,
    `Compared ${receipt.canaries} facts noted at the source; ${receipt.assertions} assertions.`,
    ...(receipt.amcheck ? [] : ['amcheck is not shipped with this server: pages were read only.']),
    ...(receipt.checksums ? [] : ['The database has no page checksums.']),
    ...failures.map(({ check, message }) => `  ${check}: ${message}`),
  ]
  return `${lines.join('\n')}\n`
}
