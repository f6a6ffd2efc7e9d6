/**
 * Asks the mail gateway's desk, over its socket.
 *
 * @module
 */
import { DeniedError, FaultError } from '#lib/errors.ts'
import { askSocket } from '#system/ask-socket.ts'
import type { MailQuestion } from './serve.ts'

const TIMEOUT_MS = 5_000
const ANSWER_MAX = 4 * 1024 * 1024
const REFUSED = 422

/**
 * @throws {FaultError} MAIL_DESK_UNREACHABLE.
 * @throws {DeniedError} MAIL_ADDRESS_INVALID: what was typed is no address.
 */
export async function askMail<T>(socketPath: string, question: MailQuestion): Promise<T> {
  const unreachable = (cause: Error): never => {
    const message = `the mail gateway does not answer (${cause.message}); is the ring running?`
    throw new FaultError('MAIL_DESK_UNREACHABLE', message, { cause })
  }
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const asked = askSocket(socketPath, question, signal, ANSWER_MAX)
  const { status, text } = await asked.catch(unreachable)
  const answer = JSON.parse(text) as T & { message?: string }
  if (status === 200) return answer
  if (status !== REFUSED) unreachable(new Error(answer.message ?? 'refused'))
  const message = 'This is no e-mail address.'
  throw new DeniedError('MAIL_ADDRESS_INVALID', message, message)
}
