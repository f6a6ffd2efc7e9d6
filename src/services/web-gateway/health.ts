/**
 * Asks one server of an application how it is: a connection of its own, one GET, the status.
 *
 * @module
 */
import type { Dial } from './upstream.ts'

export type HealthCheck = {
  /** Asked for; 200 to 399 is well. */
  readonly path: string
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** `HTTP/1.1 200`; what follows is not read. */
const STATUS_SIZE = 12

/** @returns Undefined when it is well, else what is wrong. */
export function isHealthy(dial: Dial, check: HealthCheck): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = ''
    const buffer = Buffer.allocUnsafe(1024)
    const callback = (size: number): boolean => {
      text += buffer.toString('latin1', 0, Math.min(size, STATUS_SIZE - text.length))
      if (text.length >= STATUS_SIZE) {
        finish(/^HTTP\/1\.[01] [23]/.test(text) ? undefined : `it answers ${text}`)
      }
      return true
    }
    const socket = dial({ buffer, callback })
    const finish = (verdict: string | undefined): void => {
      socket.destroy()
      resolve(verdict)
    }
    socket.setTimeout(check.timeoutMs, () => finish(`no answer within ${check.timeoutMs} ms`))
    socket.on('error', (error) => finish(error.message))
    socket.on('end', () => finish('it closed the connection'))
    socket.write(`GET ${check.path} HTTP/1.1\r\nhost: health\r\nconnection: close\r\n\r\n`)
  })
}
