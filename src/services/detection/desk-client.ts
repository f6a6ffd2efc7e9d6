/**
 * Asks detection for its alerts, over its socket.
 *
 * @module
 */
import { request } from 'node:http'
import { FaultError } from '#lib/errors.ts'
import type { AlertQuestion } from './desk.ts'

const TIMEOUT_MS = 5_000
const ANSWER_MAX = 4 * 1024 * 1024

/** @throws {FaultError} ALERTS_UNREADABLE: detection does not answer, or its database is away. */
export function askAlerts<T>(socketPath: string, question: AlertQuestion): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => {
      const message = `the alerts cannot be read (${cause.message}); is the ring running?`
      reject(new FaultError('ALERTS_UNREADABLE', message, { cause }))
    }
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const headers = { 'content-type': 'application/json' }
    const call = request({ socketPath, path: '/', method: 'POST', headers, signal }, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size > ANSWER_MAX) call.destroy(new Error('the answer is too long'))
      })
      response.on('error', fail)
      response.on('end', () => {
        const answer = JSON.parse(Buffer.concat(chunks).toString()) as T & { message?: string }
        if (response.statusCode === 200) resolve(answer)
        else fail(new Error(answer.message ?? 'refused'))
      })
    })
    call.on('error', fail).end(JSON.stringify(question))
  })
}
