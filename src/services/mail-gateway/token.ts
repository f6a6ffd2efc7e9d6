/**
 * Tokens in links and in envelope senders: they name a row, prove that we made them, and say
 * nothing about whose they are.
 *
 * @module
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** What an unsubscribe link means: one subscription, as it stood when the mail was sent. */
export type SubscriptionToken = {
  /** UUID of the subscription. */
  readonly id: string
  /** Grows each time the person subscribes again; older links then no longer act by themselves. */
  readonly generation: number
}

const ID_SIZE = 16
const GENERATION_SIZE = 4
const MAC_SIZE = 16
const BOUNCE_MAC_CHARS = 16

/** 48 characters of base64url: id, generation, HMAC-SHA256 cut to 128 bits. */
export function subscriptionToken(key: Uint8Array, token: SubscriptionToken): string {
  const body = Buffer.alloc(ID_SIZE + GENERATION_SIZE)
  body.write(token.id.replaceAll('-', ''), 'hex')
  body.writeUInt32BE(token.generation, ID_SIZE)
  return Buffer.concat([body, mac(key, 'unsubscribe', body)]).toString('base64url')
}

/** Undefined when we did not make it: forged, cut, or with another key. */
export function readSubscriptionToken(
  key: Uint8Array,
  text: string,
): SubscriptionToken | undefined {
  if (!/^[\w-]{48}$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  const body = bytes.subarray(0, ID_SIZE + GENERATION_SIZE)
  if (!timingSafeEqual(bytes.subarray(body.length), mac(key, 'unsubscribe', body))) return undefined
  return { id: uuid(body.subarray(0, ID_SIZE)), generation: body.readUInt32BE(ID_SIZE) }
}

/**
 * The envelope sender of one delivery (VERP): a bounce to it names the delivery, and cannot be made
 * up by a stranger. Lower case only, since some servers change case.
 */
export function bounceAddress(key: Uint8Array, deliveryId: string, domain: string): string {
  return `b-${deliveryId.replaceAll('-', '')}-${bounceMac(key, deliveryId)}@${domain}`
}

/** The delivery a bounce is about, or undefined when we did not make the address. */
export function readBounceAddress(key: Uint8Array, address: string): string | undefined {
  const [, digits, proof] = /^b-([0-9a-f]{32})-([0-9a-f]{16})@/.exec(address.toLowerCase()) ?? []
  if (digits === undefined || proof === undefined) return undefined
  const id = uuid(Buffer.from(digits, 'hex'))
  return timingSafeEqual(Buffer.from(proof), Buffer.from(bounceMac(key, id))) ? id : undefined
}

function bounceMac(key: Uint8Array, deliveryId: string): string {
  const body = Buffer.from(deliveryId.replaceAll('-', ''), 'hex')
  return mac(key, 'bounce', body).toString('hex').slice(0, BOUNCE_MAC_CHARS)
}

/** The purpose is part of what is signed, so that a token of one kind is none of another. */
function mac(key: Uint8Array, purpose: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key)
    .update(`${purpose}\0`)
    .update(body)
    .digest()
    .subarray(0, MAC_SIZE)
}

/** What stands for an address wherever the address itself must not: keyed, so not to be guessed. */
export function addressHash(key: Uint8Array, victim: string): string {
  return createHmac('sha256', key).update(`address\0${victim}`).digest('hex').slice(0, 32)
}

/** What stands for a limit's name where it is counted: of whom is nobody's to read. */
export function rateHash(key: Uint8Array, name: string): string {
  return mac(key, 'rate', Buffer.from(name)).toString('hex')
}

/** The key that seals messages while they wait in the queue. */
export function contentKey(key: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', 'mail content v1', 32))
}

function uuid(bytes: Uint8Array): string {
  const digits = Buffer.from(bytes).toString('hex')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
