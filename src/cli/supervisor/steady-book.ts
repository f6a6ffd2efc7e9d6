/**
 * The supervisor's book, which outlives a full disk.
 *
 * Elsewhere a book that fails ends its process, so that nothing passes unrecorded. The supervisor
 * must not end: it is what starts the others again. What it has to say waits in memory, bounded,
 * and is written into a new segment as soon as the disk takes one.
 *
 * @module
 */
import { VeiligError } from '#lib/errors.ts'
import type { AuditEvent, AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'

const RETRY_MS = 5_000
const WAITING_MAX = 1_000

export type OpenedBook = AuditTrail & AsyncDisposable

export type SteadyBookPorts = {
  readonly open: () => Promise<OpenedBook>
  readonly clock: Clock
  readonly tell: (line: string) => void
}

/** @throws {VeiligError} What kept the book from being opened the first time. */
export async function openSteadyBook(ports: SteadyBookPorts): Promise<OpenedBook> {
  return new SteadyBook(ports, await ports.open())
}

class SteadyBook implements AuditTrail, AsyncDisposable {
  readonly #ports: SteadyBookPorts
  readonly #closing = new AbortController()
  #book: OpenedBook | undefined
  #waiting: AuditEvent[] = []
  #dropped = 0
  #writing: Promise<void> = Promise.resolve()
  #retrying: Promise<void> | undefined

  constructor(ports: SteadyBookPorts, book: OpenedBook) {
    this.#ports = ports
    this.#book = book
  }

  /** Resolves once the events are written, or wait for the disk: it never fails. */
  append(events: readonly AuditEvent[]): Promise<void> {
    this.#waiting.push(...events)
    const surplus = this.#waiting.length - WAITING_MAX
    if (surplus > 0) this.#dropped += this.#waiting.splice(0, surplus).length
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async flush(): Promise<void> {
    await this.#writing
    await this.#book?.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await this.#retrying
    await this.#writing
    await this.#book?.[Symbol.asyncDispose]()
  }

  async #write(): Promise<void> {
    const events = this.#waiting
    const dropped = this.#dropped
    if (!this.#book || events.length === 0) return
    this.#waiting = []
    this.#dropped = 0
    try {
      await this.#book.append(dropped === 0 ? events : [...events, lost(dropped)])
    } catch (error) {
      this.#waiting = [...events, ...this.#waiting]
      this.#dropped += dropped
      await this.#giveUp(error)
    }
  }

  /** Closes what cannot be written any more, and tries to open anew until it works. */
  async #giveUp(error: unknown): Promise<void> {
    const reason = error instanceof VeiligError ? `${error.code}: ${error.message}` : String(error)
    this.#ports.tell(`the supervisor's own record waits (${reason})`)
    const book = this.#book
    this.#book = undefined
    try {
      await book?.[Symbol.asyncDispose]()
    } catch {
      // It has said already what is wrong.
    }
    this.#retrying ??= this.#openAgain()
  }

  async #openAgain(): Promise<void> {
    const { signal } = this.#closing
    while (!this.#book) {
      await this.#ports.clock.sleep(RETRY_MS, signal).catch(() => undefined)
      if (signal.aborted) return
      this.#book = await this.#ports.open().catch(() => undefined)
    }
    this.#retrying = undefined
    this.#ports.tell("the supervisor's own record goes on")
    await this.append([])
  }
}

function lost(count: number): AuditEvent {
  return { code: 'EVENTS_DROPPED', detail: { count, reason: 'the disk took no record' } }
}
