/**
 * DSSE v1 envelopes with one Ed25519 signature over an in-toto statement.
 *
 * Source: secure-systems-lab/dsse, protocol.md and envelope.md; docs/formats/evidence.md §3.
 *
 * @module
 */
import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { IntegrityError, ProtocolError } from '#lib/errors.ts'
import { canonicalBytes, parseCanonical, type Json } from './canonical-json.ts'

export const IN_TOTO_TYPE = 'application/vnd.in-toto+json'

/** What an envelope holds, before anybody has verified it. */
export type Envelope = {
  readonly payload: Uint8Array
  readonly keyId: string
  readonly signature: Uint8Array
}

const RAW_KEY_SIZE = 32
const SIGNATURE_SIZE = 64

/** Pre-authentication encoding: the bytes that are signed. */
export function preAuthEncoding(payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${IN_TOTO_TYPE.length} ${IN_TOTO_TYPE} ${payload.length} `
  return Buffer.concat([Buffer.from(head, 'latin1'), payload])
}

/** The 32 raw bytes of an Ed25519 public key (or of the public half of a private one). */
export function rawPublicKey(key: KeyObject): Uint8Array {
  const half = key.type === 'private' ? createPublicKey(key) : key
  const spki = half.export({ type: 'spki', format: 'der' })
  return new Uint8Array(spki.subarray(spki.length - RAW_KEY_SIZE))
}

/** The Ed25519 public key of 32 raw bytes. @throws {ProtocolError} KEY_INVALID. */
export function publicKeyOf(raw: Uint8Array): KeyObject {
  if (raw.length !== RAW_KEY_SIZE) throw new ProtocolError('KEY_INVALID', `${raw.length} bytes`)
  // RFC 8410: the DER of an Ed25519 public key is this prefix and the key.
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw])
  return createPublicKey({ key: spki, format: 'der', type: 'spki' })
}

/** Identifier of a key: SHA-256 of its raw public half, lower-case hex. */
export function keyIdOf(key: KeyObject): string {
  return createHash('sha256').update(rawPublicKey(key)).digest('hex')
}

/** Signs a canonical payload. @returns The envelope as canonical JSON bytes. */
export function sealEnvelope(payload: Uint8Array, privateKey: KeyObject): Uint8Array {
  const signature = sign(null, preAuthEncoding(payload), privateKey)
  return canonicalBytes({
    payload: base64(payload),
    payloadType: IN_TOTO_TYPE,
    signatures: [{ keyid: keyIdOf(privateKey), sig: base64(signature) }],
  })
}

/**
 * Reads an envelope and believes nothing of it.
 *
 * @throws {ProtocolError} JSON_INVALID, JSON_NOT_CANONICAL or DSSE_INVALID.
 */
export function readEnvelope(bytes: Uint8Array): Envelope {
  const value = parseCanonical(bytes)
  const { payload, payloadType, signatures } = members(value, 3)
  if (payloadType !== IN_TOTO_TYPE) throw invalid('payloadType')
  if (!Array.isArray(signatures) || signatures.length !== 1) throw invalid('signatures')
  const { keyid, sig } = members(signatures[0] as Json, 2)
  if (typeof keyid !== 'string' || !/^[0-9a-f]{64}$/.test(keyid)) throw invalid('keyid')
  const signature = unbase64(sig, 'sig')
  if (signature.length !== SIGNATURE_SIZE) throw invalid('sig')
  return { payload: unbase64(payload, 'payload'), keyId: keyid, signature }
}

/**
 * The payload, once the signature is proven.
 *
 * @throws {IntegrityError} EVIDENCE_FORGED when key or signature is another.
 * @throws {ProtocolError} As `readEnvelope`.
 */
export function openEnvelope(bytes: Uint8Array, publicKey: KeyObject): Uint8Array {
  const { payload, keyId, signature } = readEnvelope(bytes)
  if (keyId !== keyIdOf(publicKey) || !verify(null, preAuthEncoding(payload), publicKey, signature))
    throw new IntegrityError('EVIDENCE_FORGED', `not signed by key ${keyIdOf(publicKey)}`)
  return payload
}

/** Exactly `count` members, whose names the caller then reads. */
function members(value: Json | undefined, count: number): Readonly<Record<string, Json>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw invalid('object')
  if (Object.keys(value).length !== count) throw invalid('members')
  return value as Readonly<Record<string, Json>>
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

// Strict, where Buffer.from(_, 'base64') skips what it does not understand.
function unbase64(text: Json | undefined, name: string): Uint8Array {
  if (typeof text !== 'string') throw invalid(name)
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw invalid(name)
  return new Uint8Array(bytes)
}

function invalid(what: string): ProtocolError {
  return new ProtocolError('DSSE_INVALID', `envelope: ${what}`)
}
