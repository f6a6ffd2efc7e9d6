/**
 * Threads that parse long texts that no session said before: whatever one of them says, the thread
 * that moves the bytes of all never waits for it.
 *
 * Texts of some kilobytes have a thread, and long ones another: a megabyte takes some 30 ms, and
 * nobody waits for somebody else's. A session has one question at a time, as nothing of it passes
 * meanwhile. A thread that ends or takes too long leaves its question unanswered and is begun anew.
 *
 * @module
 */
import { Worker } from 'node:worker_threads'
import type { Ask, Question } from './judge.ts'
import type { Judged } from './rules.ts'

/** Characters of a text that is parsed in 2 ms. */
const SHORT_MAX = 8_192
/** The longest takes 30 ms on a quiet machine. */
const PATIENCE_MS = 10_000
/** Of the largest tree; beyond it the thread ends, and nothing else. */
const MEMORY_MIB = 512
const PROGRAM = new URL('./judge-thread.ts', import.meta.url)

export type JudgeThreadsOptions = {
  /** Told why a question stays unanswered. */
  readonly failed: (reason: string, question: Question) => void
  /** What a thread runs. */
  readonly program?: URL
  /** How long a thread may take for one question, milliseconds. */
  readonly patienceMs?: number
}

export class JudgeThreads implements AsyncDisposable {
  readonly #short: JudgeThread
  readonly #long: JudgeThread

  constructor(options: JudgeThreadsOptions) {
    this.#short = new JudgeThread(options)
    this.#long = new JudgeThread(options)
  }

  /** Begins what will be needed at once, so that the first statement does not wait for it. */
  prepare(): void {
    this.#short.begin()
  }

  readonly ask: Ask = async (question) => {
    const thread = question.sql.length > SHORT_MAX ? this.#long : this.#short
    return await thread.ask(question)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#short.close(), this.#long.close()])
  }
}

type Waiting = {
  readonly question: Question
  readonly answer: (judged: Judged | undefined) => void
}

class JudgeThread {
  readonly #options: JudgeThreadsOptions
  #worker: Worker | undefined
  /** The first is with the thread: only one is, so that it is known whose turn it was. */
  readonly #waiting: Waiting[] = []
  #patience: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: JudgeThreadsOptions) {
    this.#options = options
  }

  begin(): void {
    this.#worker ??= this.#begun()
  }

  async ask(question: Question): Promise<Judged | undefined> {
    if (this.#closed) return undefined
    return await new Promise((answer) => {
      this.#waiting.push({ question, answer })
      if (this.#waiting.length === 1) this.#askNext()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#patience)
    const worker = this.#worker
    this.#worker = undefined
    for (const { answer } of this.#waiting.splice(0)) answer(undefined)
    await worker?.terminate()
  }

  #begun(): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: MEMORY_MIB }
    const worker = new Worker(this.#options.program ?? PROGRAM, { execArgv: [], resourceLimits })
    const ended = (reason: string): void => {
      if (this.#worker === worker) this.#beginAnew(reason)
    }
    worker.on('message', (judged: Judged) => {
      if (this.#worker === worker) this.#answered(judged)
    })
    worker.on('error', (error) => ended(error instanceof Error ? error.message : String(error)))
    worker.on('exit', (status) => ended(`status ${status}`))
    worker.unref()
    return worker
  }

  #answered(judged: Judged): void {
    clearTimeout(this.#patience)
    const first = this.#waiting.shift()
    this.#askNext()
    first?.answer(judged)
  }

  #askNext(): void {
    const [next] = this.#waiting
    if (!next) return
    this.begin()
    this.#worker?.postMessage(next.question)
    const patienceMs = this.#options.patienceMs ?? PATIENCE_MS
    this.#patience = setTimeout(() => this.#beginAnew(`took ${patienceMs} ms`), patienceMs)
  }

  /** Whose turn it was goes unanswered. */
  #beginAnew(reason: string): void {
    clearTimeout(this.#patience)
    void this.#worker?.terminate()
    this.#worker = undefined
    const first = this.#waiting.shift()
    this.#askNext()
    if (!first) return
    this.#options.failed(reason, first.question)
    first.answer(undefined)
  }
}
