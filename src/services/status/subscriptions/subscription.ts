/**
 * What a subscription is, what may become one, and the links that prove whose it is. Pure.
 *
 * A link is a keyed digest of what it allows, so nothing secret is stored for it, and one that
 * allows reading mail allows nothing else.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { Language } from '#lib/claims/claim.ts'
import { DeniedError } from '#lib/errors.ts'

export type SubscriptionKind = 'mail' | 'webhook'

/** `pending` until its owner said yes from where the notices would go. */
export type SubscriptionState = 'pending' | 'active'

export type Subscription = {
  readonly id: string
  readonly kind: SubscriptionKind
  /** An address for mail, or the https: address of a webhook. */
  readonly place: string
  readonly language: Language
  readonly state: SubscriptionState
  /** The last notice it was sent, or need not be. */
  readonly through: number
  /** Sendings in a row that failed. */
  readonly failures: number
}

const PLACE_MAX = 320
const URL_MAX = 500

/**
 * An address that mail can be sent to; what differs only in upper case is one.
 *
 * @throws {DeniedError} SUBSCRIPTION_INVALID.
 */
export function mailPlace(text: string): string {
  const [, local = '', domain = ''] =
    /^([^\s@<>"(),:;\\[\]]{1,64})@([^\s@]{3,253})$/.exec(text) ?? []
  const known = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i.test(domain)
  if (text.length > PLACE_MAX || local === '' || !known) throw invalid('an address like an@club.be')
  return `${local}@${domain}`.toLowerCase()
}

/**
 * An address of a program of somebody's: https, a name and not a number, the usual port.
 *
 * @param anywhere Also numbers, other ports and names within this network; for tests.
 * @throws {DeniedError} SUBSCRIPTION_INVALID.
 */
export function webhookPlace(text: string, anywhere: boolean): string {
  const url = URL.canParse(text) && text.length <= URL_MAX ? new URL(text) : undefined
  if (url?.protocol !== 'https:' || url.username !== '' || url.hash !== '')
    throw invalid('an address like https://club.be/hook')
  const number = isIP(url.hostname.replaceAll(/[[\]]/g, '')) !== 0
  if (!anywhere && (number || url.port !== '' || !url.hostname.includes('.')))
    throw invalid('an address like https://club.be/hook')
  return url.href
}

/** What a link allows its holder. */
export type LinkUse = 'confirm' | 'leave'

const MAC_LENGTH = 43

/** @param key 32 bytes that only the status service has. */
export function linkToken(key: Uint8Array, use: LinkUse, id: string): string {
  return `${id}.${macOf(key, `${use}:${id}`)}`
}

/** The subscription that a link is of; undefined when nobody made it for this use. */
export function readLink(key: Uint8Array, use: LinkUse, token: string): string | undefined {
  const [, id, mac] = /^([0-9a-f-]{36})\.([\w-]{43})$/.exec(token) ?? []
  if (id === undefined || mac?.length !== MAC_LENGTH) return undefined
  const expected = Buffer.from(macOf(key, `${use}:${id}`))
  return timingSafeEqual(Buffer.from(mac), expected) ? id : undefined
}

/** The key by which a webhook knows that a notice is ours. */
export function webhookSecret(key: Uint8Array, id: string): string {
  return macOf(key, `webhook:${id}`)
}

function macOf(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

function invalid(wanted: string): DeniedError {
  return new DeniedError('SUBSCRIPTION_INVALID', `not ${wanted}`, wanted)
}
