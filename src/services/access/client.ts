/**
 * Asks the access process over its socket.
 *
 * @module
 */
import { request } from 'node:http'
import { FaultError, UsageError } from '#lib/errors.ts'
import type { GrantRole } from './policy.ts'
import type { LiveGrant } from './roles.ts'
import type { Rotated } from './rotation.ts'

export type StartedGrant = {
  readonly name: string
  readonly password: string
  readonly database: string
  readonly untilMs: number
  /** What is to be set before row security shows anything: 'app.tenant'. */
  readonly rowSettings?: readonly string[] | undefined
}

export type AccessClient = {
  start(role: GrantRole, seconds: number, account: string, request: string): Promise<StartedGrant>
  /** Without an approval; recorded as such before it begins. */
  breakGlass(
    role: 'read' | 'write',
    seconds: number,
    account: string,
    reason: string,
  ): Promise<StartedGrant>
  end(name: string, reason: string): Promise<{ readonly sessionsCut: number }>
  list(): Promise<readonly LiveGrant[]>
  rotate(): Promise<Rotated>
}

const TIMEOUT_MS = 10_000
const ROTATION_TIMEOUT_MS = 3_700_000
const REPLY_MAX_BYTES = 65_536

/** Every method @throws {FaultError} ACCESS_NOT_RUNNING, or the code the process answered with. */
export function accessClient(socket: string): AccessClient {
  const ask = <T>(path: string, body: unknown, timeoutMs?: number): Promise<T> =>
    post(socket, path, body, timeoutMs) as Promise<T>
  return {
    start: (role, seconds, account, id) => ask('/start', { role, seconds, account, request: id }),
    breakGlass: (role, seconds, account, reason) =>
      ask('/break-glass', { role, seconds, account, reason }),
    end: (name, reason) => ask('/end', { name, reason }),
    list: () => ask('/list', {}),
    rotate: () => ask('/rotate', {}, ROTATION_TIMEOUT_MS),
  }
}

function post(
  socketPath: string,
  path: string,
  body: unknown,
  timeout = TIMEOUT_MS,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const away = (cause?: unknown): void => {
      const message = 'the access process does not answer; start it with: veilig up'
      reject(new FaultError('ACCESS_NOT_RUNNING', message, { cause }))
    }
    const call = request({ socketPath, path, method: 'POST', timeout, host: 'access' })
    call.on('error', away)
    call.on('timeout', () => call.destroy())
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > REPLY_MAX_BYTES) response.destroy()
      })
      response.on('error', away)
      response.on('end', () => {
        const answer = JSON.parse(text) as { value?: unknown; code?: string; message?: string }
        if (answer.code === undefined) return resolve(answer.value)
        const Kind = response.statusCode === 400 ? UsageError : FaultError
        reject(new Kind(answer.code, answer.message ?? 'the access process failed'))
      })
    })
    call.end(JSON.stringify(body))
  })
}
