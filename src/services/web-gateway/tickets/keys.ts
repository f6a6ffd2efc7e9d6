/**
 * The keys that seal session tickets: what lets a visitor come back without a whole handshake. All
 * processes of a gateway have the same, so that a session begun with one is resumed with any.
 *
 * They live in memory alone: whoever has one reads every TLS 1.2 session resumed with it, and a key
 * in a file outlives its end in copies of the disk. So they change every twelve hours, too; the one
 * before stays good until the next change, and a ticket lives two hours at most.
 *
 * A key names itself in the first 16 bytes of every ticket (RFC 5077 §4), which a handshake sends
 * in the clear. So a handshake that brings a ticket of the key before is known by its bytes.
 *
 * @module
 */

/** Name of 16 bytes, then what signs, then what encrypts: as Node.js takes it. */
const KEY_SIZE = 48
const NAME_SIZE = 16

/** How long tickets are sealed with one key. */
export const TICKET_KEY_MS: number = 12 * 60 * 60 * 1000

export type TicketKeys = {
  /** Seals new tickets. */
  readonly current: Buffer
  /** Only opens old ones. */
  readonly previous?: Buffer | undefined
  /** Only opens those of another machine that has begun with it already. */
  readonly next?: Buffer | undefined
}

/** @param random Of so many bytes. */
export function newTicketKeys(random: (size: number) => Buffer): TicketKeys {
  return { current: random(KEY_SIZE) }
}

/** Goes on to the key that all know is next, or to a new one; the last but one is void. */
export function rotated(keys: TicketKeys, random: (size: number) => Buffer): TicketKeys {
  return { current: keys.next ?? random(KEY_SIZE), previous: keys.current }
}

/** Whether a client's first message brings a ticket sealed with this key. */
export function bringsTicketOf(hello: Buffer, key: Buffer | undefined): boolean {
  return key !== undefined && hello.includes(key.subarray(0, NAME_SIZE))
}
