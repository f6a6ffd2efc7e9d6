/**
 * Asks the running web-gateway to read its configuration, certificate and keys again.
 *
 * @module
 */
import { request } from 'node:http'
import { FaultError } from '#lib/errors.ts'

const TIMEOUT_MS = 10_000
const ANSWER_MAX_CHARS = 10_000

/**
 * Resolves when all its processes work with what they read.
 *
 * @throws {FaultError} RELOAD_REFUSED with what is wrong, WEB_GATEWAY_NOT_RUNNING.
 */
export function askReload(socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const asked = request({ socketPath, path: '/reload', method: 'POST', signal }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece: string) => void (text = (text + piece).slice(0, ANSWER_MAX_CHARS)))
      answer.on('end', () => {
        if (answer.statusCode === 204) return resolve()
        const { message } = JSON.parse(text) as { message?: string }
        reject(new FaultError('RELOAD_REFUSED', `nothing was changed: ${message}`))
      })
    })
    asked.on('error', (cause) => {
      const message = `the web-gateway does not answer: ${cause.message}; is the ring running?`
      reject(new FaultError('WEB_GATEWAY_NOT_RUNNING', message, { cause }))
    })
    asked.end()
  })
}
