/**
 * Asks detection for its alerts, over its socket.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import { askSocket } from '#system/ask-socket.ts'
import type { AlertQuestion } from './desk.ts'

const TIMEOUT_MS = 5_000
const ANSWER_MAX = 4 * 1024 * 1024

/** @throws {FaultError} ALERTS_UNREADABLE: detection does not answer, or its database is away. */
export async function askAlerts<T>(socketPath: string, question: AlertQuestion): Promise<T> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const { status, text } = await askSocket(socketPath, question, signal, ANSWER_MAX)
    const answer = JSON.parse(text) as T & { message?: string }
    if (status === 200) return answer
    throw new Error(answer.message ?? 'refused')
  } catch (error) {
    const cause = error as Error
    const message = `the alerts cannot be read (${cause.message}); is the ring running?`
    throw new FaultError('ALERTS_UNREADABLE', message, { cause })
  }
}
