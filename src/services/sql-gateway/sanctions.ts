/**
 * What detection decided against sessions, addresses and roles, as the door obeys it. No I/O.
 *
 * @module
 */
import type { Sanction } from '#lib/sanctions.ts'
import type { AllowList } from '#system/address-ranges.ts'

/** What of a connection a sanction can be about; a session and a role only once it says who. */
export type Sanctioned = {
  readonly session: string
  readonly address: string
  readonly user: string | undefined
}

export class Sanctions {
  #all: readonly Sanction[] = []
  #version = 0

  get all(): readonly Sanction[] {
    return this.#all
  }

  /** Another whenever they changed. */
  get version(): number {
    return this.#version
  }

  /** Takes the place of all before. */
  set(sanctions: readonly Sanction[]): void {
    this.#all = sanctions
    this.#version++
  }

  /** @param nowMs Milliseconds since the Unix epoch. */
  against(who: Sanctioned, nowMs: number): Sanction | undefined {
    return this.#all.find(
      ({ kind, value, untilMs }) =>
        nowMs < untilMs &&
        ((kind === 'address' && value === who.address) ||
          (kind === 'role' && value === who.user) ||
          (kind === 'session' && value === who.session)),
    )
  }

  /** The allow-list, less the addresses that are blocked now. */
  narrow(allowed: AllowList, nowMs: () => number): AllowList {
    return (address) =>
      allowed(address) &&
      this.against({ session: '', address: address ?? '', user: undefined }, nowMs()) === undefined
  }
}
