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
export type Ticket = {
  readonly attempt: LoginAttempt
  readonly admittedMs: number
  /** Where several processes count together: which of the attempts of that moment it is. */
  readonly id?: string | undefined
}

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

/** A door's count of attempts, wherever it is kept. It has a clock of its own, and never fails. */
export interface LoginLimits {
  /** Asks for one evaluation. Every admission must be settled. */
  begin(attempt: LoginAttempt): Admission | Promise<Admission>
  /** Tells how an admitted attempt ended. */
  settle(ticket: Ticket, outcome: Outcome): Settlement | Promise<Settlement>
}

/** Counts in the memory of this process alone. @param nowMs Never goes back. */
export function limitsInMemory(nowMs: () => number, policy?: LockoutPolicy): LoginLimits {
  const lockout = new Lockout(policy)
  return {
    begin: (attempt) => lockout.begin(attempt, nowMs()),
    settle: (ticket, outcome) => lockout.settle(ticket, outcome, nowMs()),
  }
}

/** What is remembered of one account, device or network, to be kept over a restart. */
export type LockoutRecord =
  | {
      readonly kind: 'account' | 'device'
      readonly key: string
      readonly admittedMs: readonly number[]
      readonly streak: number
    }
  | {
      readonly kind: 'network'
      readonly key: string
      readonly level: number
      readonly atMs: number
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

  /** All that is remembered, the least lately used first. */
  *records(nowMs: number): Generator<LockoutRecord> {
    const slow = { account: this.#accounts, device: this.#devices } as const
    for (const kind of ['account', 'device'] as const) {
      for (const [key, slowdown] of slow[kind]) {
        if (!slowdown.isForgotten(nowMs)) yield { kind, key, ...slowdown.state }
      }
    }
    for (const [key, bucket] of this.#networks) {
      if (!bucket.isForgotten(nowMs)) yield { kind: 'network', key, ...bucket.state }
    }
  }

  /** Takes up a record; times after now, from a clock set back since, count as now. */
  restore(record: LockoutRecord, nowMs: number): void {
    if (record.kind === 'network') {
      const { level, atMs } = record
      return this.#networks.get(record.key, nowMs).restore(level, Math.min(atMs, nowMs))
    }
    const admittedMs = record.admittedMs.map((ms) => Math.min(ms, nowMs))
    const memory = record.kind === 'account' ? this.#accounts : this.#devices
    memory.get(record.key, nowMs).restore({ admittedMs, streak: record.streak })
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

  get state(): { readonly level: number; readonly atMs: number } {
    return { level: this.#level, atMs: this.#atMs }
  }

  restore(level: number, atMs: number): void {
    this.#level = level
    this.#atMs = atMs
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
