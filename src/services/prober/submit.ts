/**
 * Hands statements to the notary over its unix socket.
 *
 * @module
 */
import { request } from 'node:http'
import { FaultError } from '#lib/errors.ts'
import type { Submit } from './ports.ts'

const REPLY_MAX_BYTES = 4096

/** @param socketPath Of the notary. */
export function submitTo(socketPath: string): Submit {
  return (statement, signal) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': statement.length }
      const call = request({ socketPath, path: '/measurements', method: 'POST', headers, signal })
      call.on('error', (cause) =>
        reject(new FaultError('NOTARY_UNREACHABLE', 'the notary does not answer', { cause })),
      )
      call.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text = (text + chunk).slice(0, REPLY_MAX_BYTES)))
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode === 200) return resolve()
          reject(new FaultError('NOTARY_REFUSED', `answer ${response.statusCode}: ${text}`))
        })
      })
      call.end(statement)
    })
}
