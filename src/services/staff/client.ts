/**
 * Asks the console over the operator's socket.
 *
 * @module
 */
import { request } from 'node:http'
import { FaultError, UsageError } from '#lib/errors.ts'

const TIMEOUT_MS = 20_000
const REPLY_MAX_BYTES = 1024 * 1024

/** @throws {FaultError} CONSOLE_NOT_RUNNING, or the code it answered with. */
export function askStaff(socketPath: string, path: string, body: unknown = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const away = (cause?: unknown): void => {
      const message = 'the console does not answer; start it with: veilig up'
      reject(new FaultError('CONSOLE_NOT_RUNNING', message, { cause }))
    }
    const headers = { 'content-type': 'application/json' }
    const call = request({ socketPath, path, method: 'POST', timeout: TIMEOUT_MS, headers })
    call.on('error', away)
    call.on('timeout', () => call.destroy())
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('error', away)
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > REPLY_MAX_BYTES) response.destroy()
      })
      response.on('end', () => {
        const answer = JSON.parse(text) as { value?: unknown; code?: string; message?: string }
        if (answer.code === undefined) return resolve(answer.value)
        const Kind = response.statusCode === 400 ? UsageError : FaultError
        reject(new Kind(answer.code, answer.message ?? 'the console failed'))
      })
    })
    call.end(JSON.stringify(body))
  })
}
