/**
 * Asks the running backup service something.
 *
 * @module
 */
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { FaultError } from '#lib/errors.ts'
import { finalAnswers, parseAnswer, type ControlAnswer, type ControlRequest } from './messages.ts'

/**
 * Sends one request and yields the answers, the last being one of `finalAnswers`.
 *
 * @param socketPath As `context.paths.socket('backup')`.
 * @throws {FaultError} BACKUP_NOT_RUNNING when nobody answers or it ends in the middle.
 */
export async function* askBackup(
  socketPath: string,
  request: ControlRequest,
  signal?: AbortSignal,
): AsyncGenerator<ControlAnswer, void, undefined> {
  const socket = connect(socketPath)
  let fault: Error | undefined
  socket.on('error', (error) => (fault = error))
  const abort = (): void => void socket.destroy()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    socket.write(`${JSON.stringify(request)}\n`)
    for await (const line of linesOf(socket, (error) => (fault = error))) {
      const answer = parseAnswer(line)
      yield answer
      if (finalAnswers.includes(answer.answer)) return
    }
    signal?.throwIfAborted()
    const message = `no backup service answers at ${socketPath}; start it with 'veilig up'`
    throw new FaultError('BACKUP_NOT_RUNNING', message, { cause: fault })
  } finally {
    signal?.removeEventListener('abort', abort)
    socket.destroy()
  }
}

/** Ends, having told why, when the socket fails. */
async function* linesOf(
  socket: Socket,
  tell: (fault: Error) => void,
): AsyncGenerator<string, void, undefined> {
  try {
    yield* createInterface({ input: socket, crlfDelay: Infinity })
  } catch (error) {
    tell(error as Error)
  }
}
