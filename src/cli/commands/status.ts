/**
 * `veilig status`: what the status page says.
 *
 * @module
 */
import { request } from 'node:http'
import { FaultError } from '#lib/errors.ts'
import type { StatusJson } from '#services/status/json.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'

const TIMEOUT_MS = 10_000

export const statusCommand: Command = {
  name: 'status',
  summary: 'what the status page says of every component',
  usage: '[--json]',
  options: {},
  run: async (context, input) => {
    const status = await askPage(context)
    const lines = status.components.map(({ id, state, since, answeredInMs, reason }) => {
      const more = answeredInMs === undefined ? (reason ?? '') : `${answeredInMs} ms`
      return `${state.padEnd(8)} ${id.padEnd(16)} since ${since}  ${more}`
    })
    const text = input.values['json'] === true ? JSON.stringify(status) : lines.join('\n')
    process.stdout.write(`${text}\n`)
    return status.components.every(({ state }) => state === 'up') ? 0 : 1
  },
}

/** The status page's own data, by its socket. @throws {FaultError} STATUS_UNREACHABLE. */
export function askPage({ paths }: Context): Promise<StatusJson> {
  const socketPath = paths.socket('status')
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => {
      const message = 'the status service does not answer; is the ring running?'
      reject(new FaultError('STATUS_UNREACHABLE', message, { cause }))
    }
    const call = request({ socketPath, path: '/status.json', signal }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', fail)
      response.on('end', () => {
        resolve(JSON.parse(Buffer.concat(chunks).toString()) as StatusJson)
      })
    })
    call.on('error', fail).end()
  })
}
