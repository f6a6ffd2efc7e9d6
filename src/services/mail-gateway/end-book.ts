/**
 * Writes down how deliveries ended, those of one moment together: one statement and one wait for
 * the disk, however many ended meanwhile.
 *
 * @module
 */
import type { Clock } from '#system/clock.ts'
import type { Ended, MailStore } from './store.ts'

const TOGETHER_MAX = 200
const TRIES_MAX = 5
const TRY_PAUSE_MS = 1_000

type Waiting = {
  readonly ended: Ended
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

export class EndBook {
  readonly #store: Pick<MailStore, 'end'>
  readonly #clock: Pick<Clock, 'sleep'>
  #waiting: Waiting[] = []
  #writing = false

  constructor(store: Pick<MailStore, 'end'>, clock: Pick<Clock, 'sleep'>) {
    this.#store = store
    this.#clock = clock
  }

  /** Resolves once it is on disk. @throws {FaultError} MAIL_QUEUE_FAILED. */
  write(ended: Ended): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ ended, resolve, reject })
    if (!this.#writing) void this.#writeAll()
    return promise
  }

  async #writeAll(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) {
      const now = this.#waiting.splice(0, TOGETHER_MAX)
      try {
        await this.#write(now.map(({ ended }) => ended))
        for (const { resolve } of now) resolve()
      } catch (error) {
        for (const { reject } of now) reject(error)
      }
    }
    this.#writing = false
  }

  /** Tried again while the database restarts: an end that is not kept is a mail sent twice. */
  async #write(ended: readonly Ended[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#store.end(ended)
      } catch (error) {
        if (attempt >= TRIES_MAX) throw error
        await this.#clock.sleep(TRY_PAUSE_MS)
      }
    }
  }
}
