/**
 * Cancel keys of our own. A client cancels with ours; the server's never leaves the gateway.
 *
 * @module
 */
import { timingSafeEqual } from 'node:crypto'

/** Source: "Protocol Versions"; 3.0 takes exactly 4 bytes, 3.2 up to 256, PostgreSQL itself 32. */
export function keySizeFor(minor: number): number {
  return minor >= 2 ? 32 : 4
}

type Holder<Target> = { readonly key: Uint8Array; readonly target: Target }

/** Process number and key → the session they stand for. */
export class CancelKeys<Target> {
  readonly #holders = new Map<number, Holder<Target>>()
  readonly #random: (size: number) => Uint8Array

  /** @param random A cryptographic source of bytes. */
  constructor(random: (size: number) => Uint8Array) {
    this.#random = random
  }

  /** Mints a pair no other session has. */
  mint(minor: number, target: Target): { readonly pid: number; readonly key: Uint8Array } {
    let pid = 0
    while (pid === 0 || this.#holders.has(pid)) {
      pid = Buffer.from(this.#random(4)).readInt32BE() & 0x7fffffff
    }
    const key = this.#random(keySizeFor(minor))
    this.#holders.set(pid, { key, target })
    return { pid, key }
  }

  find(pid: number, key: Uint8Array): Target | undefined {
    const holder = this.#holders.get(pid)
    if (!holder || holder.key.length !== key.length) return undefined
    return timingSafeEqual(holder.key, key) ? holder.target : undefined
  }

  forget(pid: number): void {
    this.#holders.delete(pid)
  }
}
