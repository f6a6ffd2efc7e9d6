/**
 * Keys of session tickets that gateways on several machines have together, so that a visitor whom a
 * load balancer sends elsewhere resumes his session all the same.
 *
 * One sealed record (`database-book.ts`) holds the key in use, the one before and the next one. So
 * a gateway that has not looked for a minute opens what another has sealed with the key after its
 * own. Whoever looks first when the time has come makes the next change; the others take it over.
 * A key that is void is overwritten; copies of the database hold it sealed only.
 *
 * @module
 */
import type { Book, Kept } from '../book.ts'
import { newTicketKeys, rotated, TICKET_KEY_MS, type TicketKeys } from './keys.ts'

/** Base64. */
export type TicketKeyRecord = {
  readonly current: string
  readonly previous?: string | undefined
  readonly next: string
  readonly changeAtMs: number
}

export type SharedTicketKeysPorts = {
  readonly book: Book<TicketKeyRecord>
  readonly random: (size: number) => Buffer
  /** By the clock on the wall: machines must agree on it, to a minute or so. */
  readonly wallClockMs: () => number
  readonly onKeys: (keys: TicketKeys) => Promise<void>
}

/** Somebody else was faster so often: look again later. */
const RACES_MAX = 5

export class SharedTicketKeys {
  readonly #ports: SharedTicketKeysPorts
  #version = 0
  #keys: TicketKeys | undefined
  #changeAtMs = Infinity

  constructor(ports: SharedTicketKeysPorts) {
    this.#ports = ports
  }

  /**
   * Takes over what is in the record, and changes it when the time has come.
   *
   * @throws {Error} Of the book, when it does not answer. When a change is due then, this gateway
   *   goes on with a key of its own: a key that is used for longer is worse than whole handshakes.
   */
  async look(): Promise<void> {
    try {
      for (let race = 0; race < RACES_MAX; race++) {
        if (await this.#take(await this.#ports.book.load())) return
      }
    } catch (error) {
      await this.#goOnAlone()
      throw error
    }
  }

  /** @returns False when somebody else has changed it in between. */
  async #take(found: Kept<TicketKeyRecord> | undefined): Promise<boolean> {
    const { book, onKeys, wallClockMs } = this.#ports
    const nowMs = wallClockMs()
    if (!found || found.record.changeAtMs <= nowMs) {
      const record = this.#changed(found?.record, nowMs + TICKET_KEY_MS)
      if (!(await book.store(record, found?.version ?? 0))) return false
      found = { version: (found?.version ?? 0) + 1, record }
    }
    const { version, record } = found
    if (version === this.#version) return true
    this.#version = version
    this.#keys = keysFrom(record)
    this.#changeAtMs = record.changeAtMs
    await onKeys(this.#keys)
    return true
  }

  #changed(record: TicketKeyRecord | undefined, changeAtMs: number): TicketKeyRecord {
    const { random } = this.#ports
    const keys = record ? rotated(keysFrom(record), random) : newTicketKeys(random)
    return {
      current: keys.current.toString('base64'),
      previous: keys.previous?.toString('base64'),
      next: newTicketKeys(random).current.toString('base64'),
      changeAtMs,
    }
  }

  async #goOnAlone(): Promise<void> {
    const { random, wallClockMs, onKeys } = this.#ports
    if (!this.#keys || wallClockMs() < this.#changeAtMs) return
    this.#keys = rotated(this.#keys, random)
    this.#changeAtMs = wallClockMs() + TICKET_KEY_MS
    await onKeys(this.#keys)
  }
}

function keysFrom({ current, previous, next }: TicketKeyRecord): TicketKeys {
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64')
  return {
    current: bytes(current),
    previous: previous === undefined ? undefined : bytes(previous),
    next: bytes(next),
  }
}
