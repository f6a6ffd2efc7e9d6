/**
 * Guessing at the passwords of roles: the lockout of all doors, with an address for a device.
 *
 * A role is slowed down for each network that has not logged in as it before, and each network over
 * all roles. Where a role has logged in from, it is never slowed down: its owner is there, and
 * whoever guesses from the same place must not be able to keep him out.
 *
 * @module
 */
import { Lockout, type LoginAttempt } from '#lib/lockout/lockout.ts'
import { networkOf } from '#lib/lockout/network.ts'

/** Pairs of role and address that have logged in, remembered; the oldest goes. */
const KNOWN_MAX = 10_000

/** One attempt: to be asked before the proof is looked at. */
export type Guess = {
  /** False when it is one too many: the proof is then not looked at. */
  readonly admitted: () => boolean
  /** The proof was right. */
  readonly right: () => void
}

export class Guesses {
  readonly #lockout = new Lockout()
  readonly #known = new Set<string>()
  readonly #nowMs: () => number

  /** @param nowMs Never goes back. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  of(user: string, address: string): Guess {
    const network = networkOf(address)
    const place = `${network} ${user}`
    let settle: (() => void) | undefined
    return {
      admitted: () => {
        if (this.#known.has(place)) return true
        const attempt: LoginAttempt = { account: place, network }
        const admission = this.#lockout.begin(attempt, this.#nowMs())
        if (!admission.admitted) return false
        settle = () => void this.#lockout.settle(admission.ticket, 'right', this.#nowMs())
        return true
      },
      right: () => {
        settle?.()
        this.#known.delete(place) // and to the end of the line
        this.#known.add(place)
        const [oldest] = this.#known
        if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest)
      },
    }
  }
}
