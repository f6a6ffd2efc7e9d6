/**
 * How many wrong passwords are too many: the one policy of every door that takes passwords.
 *
 * @module
 */

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** How one class of attempts on one account is slowed down. */
export type SlowdownPolicy = {
  /** Failures in a row that cost nothing: people mistype. */
  readonly freeFailures: number
  /** The wait after the first failure beyond them; it doubles with each further one. */
  readonly firstWaitMs: number
  readonly waitMaxMs: number
  /** Passwords evaluated in any 24 hours and found wrong; at most this many. */
  readonly perDayMax: number
}

export type LockoutPolicy = {
  /** All clients that have not signed in to this account before, together. */
  readonly unknownDevices: SlowdownPolicy
  /** Each device that has signed in to this account before, for itself. */
  readonly knownDevice: SlowdownPolicy
  /** Each network, over all accounts: a bucket of failures that empties steadily. */
  readonly network: {
    readonly failuresMax: number
    /** One failure is forgotten in this time. */
    readonly forgetMs: number
  }
  /** Accounts, devices and networks remembered, each; the memory an attacker can fill. */
  readonly rememberedMax: number
}

/**
 * The defaults. NIST SP 800-63B-4 §3.2.2 allows at most 100 consecutive failures for an account
 * and names waits of 30 seconds up to an hour; here 100 is the bound of every day, successes
 * in between or not.
 */
export const lockoutDefaults: LockoutPolicy = {
  unknownDevices: {
    freeFailures: 5,
    firstWaitMs: 30 * SECOND_MS,
    waitMaxMs: HOUR_MS,
    perDayMax: 100,
  },
  knownDevice: {
    freeFailures: 10,
    firstWaitMs: 5 * SECOND_MS,
    waitMaxMs: 15 * MINUTE_MS,
    perDayMax: 100,
  },
  network: { failuresMax: 50, forgetMs: 30 * SECOND_MS },
  rememberedMax: 100_000,
}
