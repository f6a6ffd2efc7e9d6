/**
 * Counts connections, so that no crowd of them can shut the others out.
 *
 * A connection that has not logged in is worth little: when there are too many, the oldest goes,
 * because a real login takes milliseconds. Sessions are never sacrificed to newcomers.
 *
 * @module
 */
import { DeniedError } from '#lib/errors.ts'
import type { SqlGatewayLimits } from './config.ts'

type Limits = Pick<SqlGatewayLimits, 'sessionsMax' | 'connectionsPerAddressMax' | 'loginsMax'>

export class Admission<Connection> {
  #limits: Limits
  readonly #addresses = new Map<string, number>()
  /** In the order of arrival. */
  readonly #logins = new Set<Connection>()
  #sessions = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** From now on these limits hold; nobody goes because of them. */
  renew(limits: Limits): void {
    this.#limits = limits
  }

  /**
   * Lets a new connection in.
   *
   * @returns The connection that must go for it, if any.
   * @throws {DeniedError} DB_ADDRESS_FULL.
   */
  enter(connection: Connection, address: string): Connection | undefined {
    const count = this.#addresses.get(address) ?? 0
    if (count >= this.#limits.connectionsPerAddressMax) {
      const message = `${address} has ${count} connections`
      throw new DeniedError('DB_ADDRESS_FULL', message, 'Too many connections from your address.')
    }
    this.#addresses.set(address, count + 1)
    this.#logins.add(connection)
    if (this.#logins.size <= this.#limits.loginsMax) return undefined
    const [oldest] = this.#logins
    return oldest
  }

  /** Takes a place among the sessions. @throws {DeniedError} DB_SESSIONS_FULL. */
  takeSession(): void {
    if (this.#sessions >= this.#limits.sessionsMax) {
      const message = `${this.#sessions} sessions are open`
      throw new DeniedError('DB_SESSIONS_FULL', message, 'Too many sessions are open; try later.')
    }
    this.#sessions++
  }

  giveSession(): void {
    this.#sessions--
  }

  /** The connection has logged in. */
  loggedIn(connection: Connection): void {
    this.#logins.delete(connection)
  }

  leave(connection: Connection, address: string): void {
    this.#logins.delete(connection)
    const count = (this.#addresses.get(address) ?? 1) - 1
    if (count > 0) this.#addresses.set(address, count)
    else this.#addresses.delete(address)
  }
}
