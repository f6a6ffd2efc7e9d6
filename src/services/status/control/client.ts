/**
 * Asks the status service on its control socket.
 *
 * @module
 */
import { request } from 'node:http'
import { DeniedError, FaultError } from '#lib/errors.ts'
import type { ControlRequest } from './messages.ts'

const TIMEOUT_MS = 15_000
const ANSWER_MAX = 64 * 1024 * 1024

/**
 * @throws {FaultError} STATUS_UNREACHABLE.
 * @throws {DeniedError} With the code and the words of the service.
 */
export async function askStatus(
  socketPath: string,
  question: ControlRequest,
  signal: AbortSignal = AbortSignal.timeout(TIMEOUT_MS),
): Promise<unknown> {
  const { status, text } = await post(socketPath, JSON.stringify(question), signal)
  const answer = JSON.parse(text) as { code?: string; message?: string }
  if (status === 200) return answer
  const message = answer.message ?? 'it was refused'
  throw new DeniedError(answer.code ?? 'INCIDENT_INVALID', message, message)
}

type Answer = { readonly status: number; readonly text: string }

function post(socketPath: string, body: string, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const call = request({ socketPath, path: '/', method: 'POST', headers, signal }, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size > ANSWER_MAX) call.destroy(new Error('the answer is too long'))
      })
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
      })
      response.on('error', fail)
    })
    const fail = (cause: Error): void => {
      const message = `the status service does not answer (${cause.message})`
      reject(new FaultError('STATUS_UNREACHABLE', `${message}; is the ring running?`, { cause }))
    }
    call.on('error', fail).end(body)
  })
}
