/**
 * Threads that sum and compress the chunks of a large backup: what takes most of its time is then
 * not done by the thread that reads from the server.
 *
 * Compressing takes as long as summing: what a thread that is behind has yet to compress is summed
 * here.
 *
 * Chunks lie in memory that the threads share. Handed over, each of them would be a megabyte of new
 * memory for V8, which collects its whole heap for every few of those.
 *
 * @module
 */
import { Worker } from 'node:worker_threads'
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { FaultError } from '#lib/errors.ts'
import { sumsOf, type ChunkPart, type ChunkPress, type PressedChunk } from './chunk-press.ts'

export type PressQuestion = {
  readonly plain: Uint8Array<SharedArrayBuffer>
  /** Where what it becomes is put, where that is shorter. */
  readonly pressed: Uint8Array<SharedArrayBuffer>
  readonly parts: readonly ChunkPart[]
}

export type PressAnswer = {
  readonly sums: readonly number[]
  /** What it became; undefined where that is not shorter. */
  readonly size: number | undefined
}

/** A chunk's place in shared memory. */
type Slot = Pick<PressQuestion, 'plain' | 'pressed'>

/** Of V8's memory for what is new: nearly nothing is. */
const YOUNG_MIB = 4
/** So many chunks before it and a thread is behind: the next one is then summed here. */
const BEHIND = 2
const PROGRAM = new URL('./press-thread.ts', import.meta.url)

/** @param program What a thread runs. */
export function pressThreads(count: number, program: URL = PROGRAM): ChunkPress {
  const threads = Array.from({ length: count }, () => new PressThread(program))
  const slots = new Map<Uint8Array, Slot>()
  const spare: Uint8Array[] = []
  const make = (): Uint8Array => {
    const [plain, pressed] = [shared(CHUNK_SIZE), shared(CHUNK_SIZE)]
    slots.set(plain, { plain, pressed })
    return plain
  }
  return {
    take: () => spare.pop() ?? make(),
    press: async ({ buffer, size, parts }) => {
      const { plain, pressed } = slots.get(buffer)!
      const chunk = plain.subarray(0, size)
      const free = threads.reduce((a, b) => (b.waiting < a.waiting ? b : a))
      const behind = free.waiting >= BEHIND
      const sums = behind ? sumsOf(chunk, parts) : undefined
      const answer = await free.ask({ plain: chunk, pressed, parts: behind ? [] : parts })
      return pressedChunk({ ...answer, sums: sums ?? answer.sums }, chunk, pressed)
    },
    giveBack: (buffer) => void spare.push(buffer),
    close: async () => void (await Promise.all(threads.map((thread) => thread.close()))),
  }
}

function shared(size: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(size))
}

function pressedChunk(
  { sums, size }: PressAnswer,
  plain: Uint8Array,
  pressed: Uint8Array,
): PressedChunk {
  if (size === undefined) return { sums, bytes: plain, compressed: false }
  return { sums, bytes: pressed.subarray(0, size), compressed: true }
}

type Waiting = PromiseWithResolvers<PressAnswer>

class PressThread {
  readonly #worker: Worker
  /** It answers in the order in which it was asked. */
  readonly #waiting: Waiting[] = []
  #ended: unknown

  constructor(program: URL) {
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MIB }
    this.#worker = new Worker(program, { execArgv: [], resourceLimits })
    this.#worker.on('message', (answer: PressAnswer) => this.#waiting.shift()?.resolve(answer))
    this.#worker.on('error', (error) => this.#end(error))
    this.#worker.on('exit', (status) => this.#end(ended(`status ${status}`)))
  }

  get waiting(): number {
    return this.#waiting.length
  }

  async ask(question: PressQuestion): Promise<PressAnswer> {
    if (this.#ended !== undefined) throw this.#ended
    const waiting = Promise.withResolvers<PressAnswer>()
    this.#waiting.push(waiting)
    this.#worker.postMessage(question)
    return waiting.promise
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #end(error: unknown): void {
    this.#ended ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended)
  }
}

function ended(why: string): FaultError {
  return new FaultError('BACKUP_THREAD_ENDED', `a thread that compressed ended by itself: ${why}`)
}
