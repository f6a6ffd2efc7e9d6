/**
 * Evidence as bytes: a measurement signed, a log entry verified, a log's entries packed.
 *
 * Source: docs/formats/evidence.md.
 *
 * @module
 */
import { createHash, type KeyObject } from 'node:crypto'
import type { Words } from '#lib/claims/claim.ts'
import type { Evidence } from '#lib/claims/state.ts'
import {
  readStatement,
  STATEMENT_SIZE_MAX,
  toStatement,
  type Measurement,
} from '#lib/claims/statement.ts'
import { IntegrityError, ProtocolError } from '#lib/errors.ts'
import { canonicalBytes, parseCanonical } from './canonical-json.ts'
import { keyIdOf, openEnvelope, publicKeyOf, sealEnvelope } from './dsse.ts'
import { leafHash } from './merkle.ts'
import { noteVerifier } from './signed-note.ts'

/** Entries in a full bundle of C2SP tlog-tiles. */
export const BUNDLE_WIDTH = 256
const ENTRY_SIZE_MAX = 0xffff
const LENGTH_SIZE = 2
const TYPE_SIZE = 1

/** SHA-256 of a sentence in all its languages, hex: what a measurement is about. */
export function sentenceDigest(sentence: Words): string {
  return createHash('sha256').update(canonicalBytes(sentence)).digest('hex')
}

/** Signs a measurement. @throws {ProtocolError} EVIDENCE_INVALID when out of limits. */
export function signMeasurement(
  measurement: Measurement,
  sentence: Words,
  privateKey: KeyObject,
): Uint8Array {
  const payload = canonicalBytes(toStatement(measurement, sentenceDigest(sentence)))
  if (payload.length > STATEMENT_SIZE_MAX)
    throw new ProtocolError('EVIDENCE_INVALID', `statement of ${payload.length} bytes`)
  return sealEnvelope(payload, privateKey)
}

/**
 * What a log entry says, once its signature is proven.
 *
 * @throws {IntegrityError} EVIDENCE_FORGED. @throws {ProtocolError} When it is no evidence at all.
 */
export function verifyEntry(entry: Uint8Array, index: number, publicKey: KeyObject): Evidence {
  const payload = openEnvelope(entry, publicKey)
  if (payload.length > STATEMENT_SIZE_MAX)
    throw new ProtocolError('EVIDENCE_INVALID', `statement of ${payload.length} bytes`)
  const statement = readStatement(parseCanonical(payload))
  const hash = Buffer.from(leafHash(entry)).toString('hex')
  return { ...statement, index, leafHash: hash, keyId: keyIdOf(publicKey) }
}

/** The public key inside a verifier key. @throws {IntegrityError} NOTE_KEY_INVALID. */
export function evidenceKey(verifierKey: string): KeyObject {
  noteVerifier(verifierKey) // checks all of its form
  const encoded = verifierKey.slice(verifierKey.indexOf('+') + 1 + 8 + 1) // name+12345678+base64
  return publicKeyOf(Uint8Array.from(Buffer.from(encoded, 'base64').subarray(TYPE_SIZE)))
}

/** An entry as it stands in an entry bundle: its length, then itself. */
export function packEntry(entry: Uint8Array): Uint8Array {
  if (entry.length > ENTRY_SIZE_MAX)
    throw new ProtocolError('EVIDENCE_INVALID', `entry of ${entry.length} bytes`)
  const packed = new Uint8Array(LENGTH_SIZE + entry.length)
  new DataView(packed.buffer).setUint16(0, entry.length)
  packed.set(entry, LENGTH_SIZE)
  return packed
}

/** The entries of a bundle. @throws {IntegrityError} EVIDENCE_ALTERED: cut or overfull. */
export function unpackEntries(bundle: Uint8Array): Uint8Array[] {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength)
  const entries: Uint8Array[] = []
  let at = 0
  while (at < bundle.length) {
    const start = at + LENGTH_SIZE
    const end = start > bundle.length ? Infinity : start + view.getUint16(at)
    if (end > bundle.length || entries.length === BUNDLE_WIDTH)
      throw new IntegrityError('EVIDENCE_ALTERED', 'an entry bundle is not as it was written')
    entries.push(bundle.subarray(start, end))
    at = end
  }
  return entries
}
