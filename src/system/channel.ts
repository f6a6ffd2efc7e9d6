/**
 * Questions and answers between two processes, both ways over one channel of messages.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'

/** A process that takes longer has other things to do than serve. */
const ANSWER_MS = 5_000

/** Name → what is given, and what is answered. All of it is JSON. */
export type Questions = Readonly<Record<string, readonly [given: unknown, answer: unknown]>>

export type Answering<Asked extends Questions> = {
  readonly [Name in keyof Asked]: (
    given: Asked[Name][0],
  ) => Asked[Name][1] | Promise<Asked[Name][1]>
}

/** One end of a channel: a child process as its parent sees it, or `process` in the child. */
export type ChannelEnd = {
  send?(message: unknown, done: (error: Error | null) => void): unknown
  on(event: 'message', listener: (message: unknown) => void): unknown
  once(event: 'disconnect', listener: () => void): unknown
}

type Question = { readonly ask: string; readonly id: number; readonly given: unknown }

type Message =
  | Question
  | { readonly answer: number; readonly value: unknown }
  | { readonly failed: number; readonly reason: string }

/** @typeParam Ours What we ask the other end. @typeParam Theirs What it asks us. */
export class Channel<Ours extends Questions, Theirs extends Questions> {
  readonly #end: ChannelEnd
  readonly #answering: Answering<Theirs>
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #asked = 0
  #isOver = false

  constructor(end: ChannelEnd, answering: Answering<Theirs>) {
    this.#end = end
    this.#answering = answering
    end.on('message', (message) => void this.#take(message as Partial<Message>))
    end.once('disconnect', () => {
      this.#isOver = true
      for (const { reject } of this.#waiting.values()) reject(gone())
      this.#waiting.clear()
    })
  }

  /** @throws {FaultError} WORKER_FAILED when the other end is gone, or could not answer. */
  async ask<Name extends keyof Ours & string>(
    name: Name,
    given: Ours[Name][0],
  ): Promise<Ours[Name][1]> {
    if (this.#isOver) throw gone()
    const id = ++this.#asked
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    this.#send({ ask: name, id, given })
    return await answer.promise
  }

  async #take(message: Partial<Message>): Promise<void> {
    if ('ask' in message) return await this.#answer(message as Question)
    const id = 'answer' in message ? message.answer : 'failed' in message ? message.failed : 0
    const waiting = this.#waiting.get(id ?? 0)
    this.#waiting.delete(id ?? 0)
    if ('failed' in message) waiting?.reject(new FaultError('WORKER_FAILED', message.reason!))
    else if ('answer' in message) waiting?.resolve(message.value)
  }

  async #answer({ ask, id, given }: Question): Promise<void> {
    try {
      this.#send({ answer: id, value: (await this.#answering[ask]?.(given)) ?? null })
    } catch (error) {
      this.#send({ failed: id, reason: (error as Error).message })
    }
  }

  #send(message: Message): void {
    // A peer that dies under our hand is told of by 'disconnect'.
    if (!this.#isOver) this.#end.send?.(message, () => undefined)
  }
}

/**
 * An answer, if it comes in time.
 *
 * @throws {FaultError} WORKER_FAILED.
 */
export async function inTime<Value>(answer: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new FaultError('WORKER_FAILED', `no answer within ${ANSWER_MS} ms`))
  }, ANSWER_MS)
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function gone(): FaultError {
  return new FaultError('WORKER_FAILED', 'the other process of the gateway is gone')
}
