/**
 * Decides whether a password may be evaluated, before anyone spends a hash on it.
 *
 * The lock of an account is never on the account: attempts from devices that have not signed in
 * to it before are slowed down together, each device that has is counted for itself. So an
 * attacker with ten thousand addresses shares one small budget, and cannot spend the owner's.
 * Names that do not exist are counted like names that do: the caller asks before it looks.
 *
 * Method: OWASP, "Slow Down Online Guessing Attacks with Device Cookies".
 *
 * @module
 */
import assert from 'node:assert/strict'
import { Remembered } from './remembered.ts'
import { lockoutDefaults, type LockoutPolicy } from './policy.ts'
import { Slowdown } from './slowdown.ts'

/** Who tries to sign in, as far as it is known before the password is looked at. */
export type LoginAttempt = {
  /** One string for one account, whatever way it was spelled: see `accountKey`. */
  readonly account: string
  /** From `networkOf`. */
  readonly network: string
  /** Id of a device that has signed in to this account before: see `knownDevice`. */
  readonly device?: string | undefined
}

/** Proof that an attempt was admitted; to be settled once. */
export type Ticket = { readonly attempt: LoginAttempt; readonly admittedMs: number }

export type Admission =
  | { readonly admitted: true; readonly ticket: Ticket }
  | {
      readonly admitted: false
      /** Milliseconds until an attempt like this is worth making. */
      readonly retryAfterMs: number
      readonly by: 'unknown-devices' | 'device' | 'network'
    }

/**
 * How an admitted attempt ended. `unseen`: it may have been evaluated, but nobody saw the answer;
 * it counts as a failure. `not-evaluated`: it surely was not.
 */
export type Outcome = 'right' | 'wrong' | 'unseen' | 'not-evaluated'

export type Settlement = {
  /** Failures in a row before this attempt, of its class; a success after many is worth a look. */
  readonly failuresBefore: number
}

export class Lockout {
  readonly #policy: LockoutPolicy
  readonly #accounts: Remembered<Slowdown>
  readonly #devices: Remembered<Slowdown>
  readonly #networks: Remembered<Bucket>

  constructor(policy: LockoutPolicy = lockoutDefaults) {
    this.#policy = policy
    this.#accounts = new Remembered(policy.rememberedMax, () => new Slowdown())
    this.#devices = new Remembered(policy.rememberedMax, () => new Slowdown())
    const { forgetMs } = policy.network
    this.#networks = new Remembered(policy.rememberedMax, () => new Bucket(forgetMs))
  }

  /**
   * Asks for one evaluation. Every admission must be settled.
   *
   * @param nowMs From a clock that never goes back, the same for all calls.
   */
  begin(attempt: LoginAttempt, nowMs: number): Admission {
    const known = attempt.device !== undefined
    const slowdown = this.#slowdown(attempt, nowMs)
    const waitMs = slowdown.waitMs(this.#class(attempt), nowMs)
    if (waitMs > 0) {
      return { admitted: false, retryAfterMs: waitMs, by: known ? 'device' : 'unknown-devices' }
    }
    // A known device passes even from a network that misbehaves: offices share one address.
    const bucket = known ? undefined : this.#networks.get(attempt.network, nowMs)
    const networkMs = bucket?.waitMs(this.#policy.network.failuresMax, nowMs) ?? 0
    if (networkMs > 0) return { admitted: false, retryAfterMs: networkMs, by: 'network' }
    slowdown.admit(nowMs)
    bucket?.add(nowMs)
    return { admitted: true, ticket: { attempt, admittedMs: nowMs } }
  }

  /** Tells how an admitted attempt ended. */
  settle(ticket: Ticket, outcome: Outcome, nowMs: number): Settlement {
    const { attempt, admittedMs } = ticket
    assert(nowMs >= admittedMs, 'settled before it was admitted')
    const slowdown = this.#slowdown(attempt, nowMs)
    const failuresBefore = Math.max(0, slowdown.streak - 1)
    if (outcome === 'right' || outcome === 'not-evaluated') {
      slowdown.takeBack(admittedMs, outcome === 'right')
      if (attempt.device === undefined) this.#networks.get(attempt.network, nowMs).takeBack()
    }
    return { failuresBefore }
  }

  /** Records held, for metrics. */
  get size(): number {
    return this.#accounts.size + this.#devices.size + this.#networks.size
  }

  #slowdown({ account, device }: LoginAttempt, nowMs: number): Slowdown {
    if (device === undefined) return this.#accounts.get(account, nowMs)
    return this.#devices.get(`${device} ${account}`, nowMs)
  }

  #class({ device }: LoginAttempt): LockoutPolicy['unknownDevices'] {
    return device === undefined ? this.#policy.unknownDevices : this.#policy.knownDevice
  }
}

/** Failures of one network: filled by each, emptied by time. */
class Bucket {
  readonly #forgetMs: number
  #level = 0
  #atMs = 0

  constructor(forgetMs: number) {
    this.#forgetMs = forgetMs
  }

  get weight(): number {
    return this.#level
  }

  waitMs(failuresMax: number, nowMs: number): number {
    this.#leak(nowMs)
    return Math.max(0, Math.ceil((this.#level - failuresMax + 1) * this.#forgetMs))
  }

  add(nowMs: number): void {
    this.#leak(nowMs)
    this.#level++
  }

  takeBack(): void {
    this.#level = Math.max(0, this.#level - 1)
  }

  isForgotten(nowMs: number): boolean {
    this.#leak(nowMs)
    return this.#level === 0
  }

  #leak(nowMs: number): void {
    this.#level = Math.max(0, this.#level - (nowMs - this.#atMs) / this.#forgetMs)
    this.#atMs = nowMs
  }
}
