/**
 * Values of statements, recorded so that their writer cannot read them again.
 *
 * Each class of persons has a key pair; the writer has public keys only. A data key, drawn for a
 * class and kept in memory for a day at most, is wrapped for the class's key once and stands in the
 * record before its first use. Who destroys a private key makes all values of that class unreadable
 * at once, and no hash of the trail changes. Source: docs/formats/audit.md §10.
 *
 * @module
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { unwrapKey, wrapKey, type Identity } from '#crypto/key-wrap.ts'
import { IntegrityError } from '#lib/errors.ts'
import type { AuditDetail, AuditEvent } from './trail.ts'

const KEY_SIZE = 32
const KEY_ID_SIZE = 16
const NONCE_SIZE = 12
const TAG_SIZE = 16
/** A data key is used so long and so often: its nonces are counted, in four bytes. */
const KEY_AGE_MS = 24 * 3_600_000
const KEY_USES = 2 ** 31

/** Class of persons → the X25519 public key its values are sealed for. */
export type ClassKeys = ReadonlyMap<string, Uint8Array>

/** Which statement values belong to. */
export type StatementPlace = { readonly session: string; readonly sequence: number }

type DataKey = {
  readonly id: string
  readonly bytes: Uint8Array
  readonly madeMs: number
  uses: number
}

export class ParameterSealer {
  readonly #classes: ClassKeys
  readonly #random: (size: number) => Uint8Array
  readonly #nowMs: () => number
  readonly #keys = new Map<string, DataKey>()

  /** @param nowMs Monotonic milliseconds. */
  constructor(classes: ClassKeys, random: (size: number) => Uint8Array, nowMs: () => number) {
    this.#classes = classes
    this.#random = random
    this.#nowMs = nowMs
  }

  /**
   * The events that record these values, in order. Values that are about several classes are sealed
   * for each of them, one in the other: the key of none opens them alone.
   *
   * @param classes Names of the classes, at least one, each known.
   */
  seal(classes: readonly string[], place: StatementPlace, values: Uint8Array): AuditEvent[] {
    const events: AuditEvent[] = []
    const keys: string[] = []
    let sealed = values
    for (const name of classes) {
      const key = this.#keyOf(name, events)
      sealed = sealOne(key, placeBytes(name, place), sealed)
      keys.push(key.id)
    }
    const detail = {
      ...place,
      classes: classes.join(' '),
      keys: keys.join(' '),
      bytes: values.length,
      sealed: Buffer.from(sealed).toString('base64'),
    }
    events.push({ code: 'DB_PARAMETERS', detail })
    return events
  }

  #keyOf(name: string, events: AuditEvent[]): DataKey {
    const known = this.#keys.get(name)
    const nowMs = this.#nowMs()
    if (known && known.uses < KEY_USES && nowMs - known.madeMs < KEY_AGE_MS) return known
    const publicKey = this.#classes.get(name)
    if (!publicKey) throw new Error(`no key for the class ${name}`)
    const id = Buffer.from(this.#random(KEY_ID_SIZE)).toString('hex')
    const key = { id, bytes: this.#random(KEY_SIZE), madeMs: nowMs, uses: 0 }
    const { recipientId, ephemeralKey, wrapped } = wrapKey(
      key.bytes,
      publicKey,
      this.#random(KEY_SIZE),
      keyBytes(name, id),
    )
    const detail = {
      class: name,
      key: id,
      recipient: Buffer.from(recipientId).toString('hex'),
      ephemeral: Buffer.from(ephemeralKey).toString('hex'),
      wrapped: Buffer.from(wrapped).toString('hex'),
    }
    events.push({ code: 'DB_PARAMETERS_KEY', detail })
    this.#keys.set(name, key)
    return key
  }
}

/** Opens recorded values for whoever holds the private keys of their classes. */
export class ParameterOpener {
  readonly #identities: readonly Identity[]
  readonly #keys = new Map<string, Uint8Array>()

  constructor(identities: readonly Identity[]) {
    this.#identities = identities
  }

  /**
   * Takes over a DB_PARAMETERS_KEY.
   *
   * @returns The class, when one of the identities opens it.
   * @throws {IntegrityError} KEY_DAMAGED.
   */
  learn(detail: AuditDetail): string | undefined {
    const bytes = (name: string): Buffer => Buffer.from(text(detail, name), 'hex')
    const recipientId = bytes('recipient')
    const identity = this.#identities.find((known) => recipientId.equals(known.recipientId))
    if (!identity) return undefined
    const [name, id] = [text(detail, 'class'), text(detail, 'key')]
    const wrapped = { recipientId, ephemeralKey: bytes('ephemeral'), wrapped: bytes('wrapped') }
    this.#keys.set(id, unwrapKey(wrapped, identity, keyBytes(name, id)))
    return name
  }

  /**
   * The values of a DB_PARAMETERS, as `ParameterSealer.seal` was given them.
   *
   * @returns Undefined when a key is not there, or the values were not kept.
   * @throws {IntegrityError} AUDIT_PARAMETERS_DAMAGED.
   */
  open(detail: AuditDetail): Uint8Array | undefined {
    if (typeof detail['sealed'] !== 'string') return undefined
    const place = { session: text(detail, 'session'), sequence: Number(detail['sequence']) }
    const classes = text(detail, 'classes').split(' ')
    const ids = text(detail, 'keys').split(' ')
    let bytes: Uint8Array = Buffer.from(detail['sealed'], 'base64')
    for (let at = classes.length - 1; at >= 0; at--) {
      const key = this.#keys.get(ids[at] ?? '')
      if (!key) return undefined
      bytes = openOne(key, placeBytes(classes[at] ?? '', place), bytes)
    }
    return bytes
  }
}

function sealOne(key: DataKey, about: Uint8Array, bytes: Uint8Array): Uint8Array {
  const nonce = Buffer.alloc(NONCE_SIZE)
  nonce.writeUInt32BE(key.uses++, NONCE_SIZE - 4) // counted: never twice under one key
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: TAG_SIZE })
  cipher.setAAD(about)
  const sealed = cipher.update(bytes)
  cipher.final()
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()])
}

function openOne(key: Uint8Array, about: Uint8Array, bytes: Uint8Array): Uint8Array {
  try {
    const nonce = bytes.subarray(0, NONCE_SIZE)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_SIZE })
    decipher.setAAD(about)
    decipher.setAuthTag(bytes.subarray(-TAG_SIZE))
    const opened = decipher.update(bytes.subarray(NONCE_SIZE, -TAG_SIZE))
    decipher.final()
    return opened
  } catch (cause) {
    const message = 'recorded values are not what was sealed, or of another statement'
    throw new IntegrityError('AUDIT_PARAMETERS_DAMAGED', message, { cause })
  }
}

function placeBytes(name: string, { session, sequence }: StatementPlace): Uint8Array {
  return Buffer.from(`veilig/1 audit parameters\0${name}\0${session}\0${sequence}`)
}

function keyBytes(name: string, id: string): Uint8Array {
  return Buffer.from(`veilig/1 audit parameter key\0${name}\0${id}`)
}

function text(detail: AuditDetail, name: string): string {
  const value = detail[name]
  return typeof value === 'string' ? value : ''
}
