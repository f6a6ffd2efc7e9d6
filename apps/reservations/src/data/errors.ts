/**
 * Why an act was not done. Each becomes a sentence or a page (web/).
 *
 * @module
 */
import type { Refusal } from '../policy.ts'

/** The rules said no; the booking was not made. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly refusals: readonly Refusal[]

  constructor(refusals: readonly Refusal[]) {
    super('the rules refuse')
    this.refusals = refusals
  }
}

/** A partner may not be chosen: unknown, not sharing a name, or playing elsewhere then. */
export class PartnerError extends Error {
  override readonly name = 'PartnerError'
  readonly reason: 'unknown' | 'busy'

  constructor(reason: 'unknown' | 'busy') {
    super(`partner ${reason}`)
    this.reason = reason
  }
}

/** No such thing in this club, or not this member's to touch: the two look alike from outside. */
export class MissingError extends Error {
  override readonly name = 'MissingError'
}
