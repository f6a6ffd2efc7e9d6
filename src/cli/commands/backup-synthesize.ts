/**
 * `veilig backup synthesize`: puts a full backup together in the repository; the database is not
 * asked.
 *
 * The running drill service does it when there is one; else this command does. Either way the
 * backup service signs.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { createInterface } from 'node:readline'
import { FaultError } from '#lib/errors.ts'
import type { Synthesized, SynthesisProgress } from '#services/drill/ports.ts'
import type { SynthesisLine } from '#services/drill/synthesis.ts'
import type { Command } from '../command.ts'
import { synthesisOf } from '../run/synthesis.ts'
import { megabytes, progressText } from './backup-run.ts'

export const backupSynthesizeCommand: Command = {
  name: 'backup synthesize',
  summary:
    'put a full backup together in the repository, from a differential one and what it needs',
  usage: '[--from BACKUP]',
  options: { from: { type: 'string' } },
  run: async (context, { values, signal, interactive }) => {
    const from = typeof values['from'] === 'string' ? values['from'] : undefined
    const begunMs = context.clock.monotonicMs()
    const progress = ({ doneBytes, totalBytes }: SynthesisProgress): void => {
      if (!interactive) return
      const tookMs = context.clock.monotonicMs() - begunMs
      process.stdout.write(`\r\x1b[2K${progressText(doneBytes, totalBytes, tookMs)}`)
    }
    const made =
      (await askService(context.paths.socket('drill'), from, progress, signal)) ??
      (await synthesisOf(context).make(from, progress, signal))
    if (interactive) process.stdout.write('\r\x1b[2K')
    process.stdout.write(values['json'] === true ? `${JSON.stringify(made)}\n` : sentence(made))
    return 0
  },
}

function sentence({ id, from, chain, plainBytes, storedBytes, tookMs }: Synthesized): string {
  return (
    `The full backup ${id} is in every required region, put together from ${chain} backups: ` +
    `the state of ${from}, ${megabytes(plainBytes)} MB, stored as ${megabytes(storedBytes)} MB, ` +
    `in ${(tookMs / 1000).toFixed(1)} s. The database was not asked.\n`
  )
}

/** Undefined when no service answers. @throws {FaultError} What it answered. */
async function askService(
  socketPath: string,
  from: string | undefined,
  progress: (progress: SynthesisProgress) => void,
  signal: AbortSignal,
): Promise<Synthesized | undefined> {
  if (!existsSync(socketPath)) return undefined
  const path = from === undefined ? '/synthesize' : `/synthesize?from=${encodeURIComponent(from)}`
  for await (const line of linesFrom(socketPath, path, signal)) {
    if (line.said === 'progress') progress(line)
    else if (line.said === 'failed') throw new FaultError(line.code, line.message)
    else {
      const { said: _said, ...made } = line
      return made
    }
  }
  return undefined
}

/** Nothing at all when nobody listens. @throws {FaultError} DRILL_BROKE_OFF. */
async function* linesFrom(
  socketPath: string,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<SynthesisLine> {
  const { promise, resolve, reject } = Promise.withResolvers<NodeJS.ReadableStream | undefined>()
  const call = request({ socketPath, path, method: 'POST', signal })
  call.on('response', resolve)
  call.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(undefined)
    else reject(new FaultError('DRILL_BROKE_OFF', 'the drill service broke off', { cause: error }))
  })
  call.end()
  const response = await promise
  if (!response) return
  let ended = false
  for await (const line of createInterface({ input: response })) {
    const said = JSON.parse(line) as SynthesisLine
    ended = said.said !== 'progress'
    yield said
  }
  if (!ended) throw new FaultError('DRILL_BROKE_OFF', 'the drill service broke off')
}
