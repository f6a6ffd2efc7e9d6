/**
 * Heartbeats: something that runs by itself (a nightly job, a till behind a firewall) says that it
 * lives; when it falls silent it is down.
 *
 * Beats are kept in memory. After a start it is not known whether one was missed, so nobody is down
 * before a whole interval has passed.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#system/clock.ts'
import { NotUp, UNKNOWN_YET, type Found } from './look.ts'

const SECOND_MS = 1000

export class Heartbeats {
  readonly #key: Uint8Array
  readonly #clock: Clock
  readonly #startedMs: number
  readonly #beats = new Map<string, number>()

  /** @param key 32 bytes that only the status service has. */
  constructor(key: Uint8Array, clock: Clock, ids: readonly string[]) {
    this.#key = key
    this.#clock = clock
    this.#startedMs = clock.monotonicMs()
    for (const id of ids) this.#beats.set(id, -Infinity)
  }

  /** What follows `/beat/` in the address that a component's program asks for. */
  tokenOf(id: string): string {
    const mac = createHmac('sha256', this.#key).update(`beat:${id}`).digest('base64url')
    return `${id}.${mac}`
  }

  /** @returns False when nobody made this token for a component that is watched so. */
  beat(token: string): boolean {
    const id = token.slice(0, token.indexOf('.'))
    const expected = Buffer.from(this.tokenOf(id))
    const given = Buffer.from(token)
    if (!this.#beats.has(id) || given.length !== expected.length) return false
    if (!timingSafeEqual(given, expected)) return false
    this.#beats.set(id, this.#clock.monotonicMs())
    return true
  }

  /** @throws {NotUp} SILENT; UNKNOWN_YET before the first interval is over. */
  look(id: string, everySeconds: number): Found {
    const nowMs = this.#clock.monotonicMs()
    const lastMs = this.#beats.get(id) ?? -Infinity
    if (nowMs - lastMs <= everySeconds * SECOND_MS) return {}
    if (nowMs - this.#startedMs <= everySeconds * SECOND_MS) throw new NotUp(UNKNOWN_YET)
    throw new NotUp('SILENT')
  }
}
