/**
 * Cancel keys of our own. A client cancels with ours; the server's own stays behind the gateway.
 *
 * A key of ours is the server's, encrypted: every gateway process with the same secret can open
 * it, so a cancel request may come to any of them, and none keeps state for the others. At protocol
 * 3.0 there is room for 31 + 32 bits and nothing more: a permutation of just these, so that
 * guessing one is as hard as guessing the server's own. At 3.2 a seal of 28 bytes follows.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { createHmac, timingSafeEqual } from 'node:crypto'

export type CancelKey = { readonly pid: number; readonly key: Uint8Array }

const SHORT_SIZE = 4
/** As PostgreSQL 18's own: "Protocol Versions"; middleware may use up to 256. */
const LONG_SIZE = 32
const ROUNDS = 10

type Holder<Target> = { readonly key: Uint8Array; readonly target: Target }

/** Process number and key → the session they stand for, or the server's own pair. */
export class CancelKeys<Target> {
  readonly #holders = new Map<number, readonly Holder<Target>[]>()
  readonly #secret: Uint8Array

  /** @param secret Shared by all processes that may be asked to cancel; 32 bytes. */
  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  /**
   * What a session's client gets in place of the server's pair.
   *
   * @param backend The server's, of protocol 3.0: a key of 4 bytes.
   */
  mint(minor: number, backend: CancelKey, target: Target): CancelKey {
    assert.equal(backend.key.length, SHORT_SIZE)
    let pair = [backend.pid, Buffer.from(backend.key).readUInt32BE()] as const
    do pair = this.#permute(pair, forward)
    while (!isPid(pair[0]))
    const [pid, short] = pair
    const head = Buffer.alloc(SHORT_SIZE)
    head.writeUInt32BE(short)
    const key = minor >= 2 ? Buffer.concat([head, this.#seal(pid, head)]) : head
    this.#holders.set(pid, [...(this.#holders.get(pid) ?? []), { key, target }])
    return { pid, key }
  }

  /** The session of this process that a pair was minted for. */
  find(pid: number, key: Uint8Array): Target | undefined {
    return this.#holders.get(pid)?.find((holder) => same(holder.key, key))?.target
  }

  /**
   * The server's pair in a pair of ours, whoever minted it.
   *
   * @returns Also whether it is certain that it is ours: at 3.0 any pair opens to something.
   */
  open(pid: number, key: Uint8Array): (CancelKey & { readonly certain: boolean }) | undefined {
    const certain = key.length === LONG_SIZE
    if (!isPid(pid) || (!certain && key.length !== SHORT_SIZE)) return undefined
    const head = Buffer.from(key.subarray(0, SHORT_SIZE))
    if (certain && !same(key.subarray(SHORT_SIZE), this.#seal(pid, head))) return undefined
    let pair = [pid, head.readUInt32BE()] as const
    do pair = this.#permute(pair, backward)
    while (!isPid(pair[0]))
    const own = Buffer.alloc(SHORT_SIZE)
    own.writeUInt32BE(pair[1])
    return { pid: pair[0], key: own, certain }
  }

  forget({ pid, key }: CancelKey): void {
    const left = this.#holders.get(pid)?.filter((holder) => !same(holder.key, key)) ?? []
    if (left.length > 0) this.#holders.set(pid, left)
    else this.#holders.delete(pid)
  }

  /** A balanced Feistel network (Luby and Rackoff) over 64 bits. */
  #permute(pair: readonly [number, number], rounds: readonly number[]): readonly [number, number] {
    let [left, right] = [pair[0] >>> 0, pair[1] >>> 0]
    const isForward = rounds === forward
    for (const round of rounds) {
      if (isForward) [left, right] = [right, (left ^ this.#round(round, right)) >>> 0]
      else [left, right] = [(right ^ this.#round(round, left)) >>> 0, left]
    }
    return [left, right]
  }

  #round(round: number, half: number): number {
    const bytes = Buffer.alloc(5)
    bytes[0] = round
    bytes.writeUInt32BE(half, 1)
    return createHmac('sha256', this.#secret).update(bytes).digest().readUInt32BE()
  }

  #seal(pid: number, head: Uint8Array): Uint8Array {
    const number = Buffer.alloc(4)
    number.writeUInt32BE(pid)
    const seal = createHmac('sha256', this.#secret).update('seal').update(number).update(head)
    return seal.digest().subarray(0, LONG_SIZE - SHORT_SIZE)
  }
}

const forward: readonly number[] = Array.from({ length: ROUNDS }, (_, round) => round)
const backward: readonly number[] = forward.toReversed()

/** Process numbers are positive, and clients take them for such: others are permuted again. */
function isPid(pid: number): boolean {
  return pid > 0 && pid <= 0x7fffffff
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
