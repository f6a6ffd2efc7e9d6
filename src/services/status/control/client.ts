/**
 * Asks the status service on its control socket.
 *
 * @module
 */
import { DeniedError, FaultError } from '#lib/errors.ts'
import { askSocket } from '#system/ask-socket.ts'
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
  const unreachable = (cause: Error): never => {
    const message = `the status service does not answer (${cause.message})`
    throw new FaultError('STATUS_UNREACHABLE', `${message}; is the ring running?`, { cause })
  }
  const asked = askSocket(socketPath, question, signal, ANSWER_MAX)
  const { status, text } = await asked.catch(unreachable)
  const answer = JSON.parse(text) as { code?: string; message?: string }
  if (status === 200) return answer
  const message = answer.message ?? 'it was refused'
  throw new DeniedError(answer.code ?? 'INCIDENT_INVALID', message, message)
}
