/**
 * Signed notes: a short text and who signed it, in a form a person can read and paste.
 *
 * The text ends with a newline; an empty line follows; then a line for each signature: an em dash,
 * the key's name, and base64 of four bytes that tell keys of one name apart and the signature.
 * A signature of a key we do not know says nothing, and is no fault: others may know it.
 *
 * A witness signs a checkpoint with the time at which it saw it; its keys are of another type.
 *
 * Source: C2SP signed-note (c2sp.org/signed-note), Ed25519 keys (type 0x01); C2SP tlog-cosignature,
 * timestamped Ed25519 cosignatures (type 0x04).
 *
 * @module
 */
import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { IntegrityError } from '#lib/errors.ts'
import { sha256 } from './sha256.ts'

/** A note as read: not verified yet. `text` includes its last newline. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] }

export type NoteSignature = {
  readonly name: string
  /** The first four bytes of SHA-256(name, newline, type, public key). */
  readonly keyId: Uint8Array
  readonly signature: Uint8Array
}

/** Whose signature counts. */
export type NoteVerifier = {
  readonly name: string
  readonly keyId: Uint8Array
  verify(message: Uint8Array, signature: Uint8Array): boolean
}

/** Who signs. `verifierKey` is the public half as text, for whoever shall check. */
export type NoteSigner = {
  readonly name: string
  readonly keyId: Uint8Array
  readonly verifierKey: string
  sign(message: Uint8Array): Uint8Array
}

const TYPE_ED25519 = 0x01
const TYPE_COSIGNATURE = 0x04
const TIME_SIZE = 8
const KEY_ID_SIZE = 4
const KEY_SIZE = 32
const NOTE_SIZE_MAX = 1_000_000
const SIGNATURES_MAX = 100

/** DER before the 32 bytes of an Ed25519 key: RFC 8410, section 7 and 10.3. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** A fresh Ed25519 private key from 32 random bytes, which are the caller's to draw and to keep. */
export function ed25519PrivateKey(seed: Uint8Array): KeyObject {
  assert.equal(seed.length, KEY_SIZE, 'a seed is 32 bytes')
  const key = Buffer.concat([PKCS8_PREFIX, seed])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

/** @throws {AssertionError} When the name is none, or the key is not a private Ed25519 key. */
export function noteSigner(name: string, privateKey: KeyObject): NoteSigner {
  const signing = (message: Uint8Array): Uint8Array => sign(null, message, privateKey)
  return signerOf(name, TYPE_ED25519, privateKey, signing)
}

/**
 * Signs checkpoints as a witness does: with the time at which it saw them.
 *
 * @param timeS Seconds since the Unix epoch.
 * @throws {AssertionError} As `noteSigner`.
 */
export function cosigner(name: string, privateKey: KeyObject, timeS: number): NoteSigner {
  const time = Buffer.alloc(TIME_SIZE)
  time.writeBigUInt64BE(BigInt(timeS))
  return signerOf(name, TYPE_COSIGNATURE, privateKey, (message) =>
    Buffer.concat([time, sign(null, cosigned(message, BigInt(timeS)), privateKey)]),
  )
}

function signerOf(
  name: string,
  type: number,
  privateKey: KeyObject,
  signing: NoteSigner['sign'],
): NoteSigner {
  assert(isName(name), `not a key name: ${name}`)
  assert(privateKey.type === 'private' && privateKey.asymmetricKeyType === 'ed25519')
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const typed = typedKey(type, spki.subarray(SPKI_PREFIX.length))
  const keyId = keyIdOf(name, typed)
  const verifierKey = `${name}+${toHex(keyId)}+${toBase64(typed)}`
  return { name, keyId, verifierKey, sign: signing }
}

/**
 * Reads a verifier key: `name+8 hex digits+base64`, of a log or of a witness.
 *
 * @throws {IntegrityError} NOTE_KEY_INVALID.
 */
export function noteVerifier(verifierKey: string): NoteVerifier {
  const [, name = '', id, encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(verifierKey) ?? []
  const typed = fromBase64(encoded)
  const known = typed?.[0] === TYPE_ED25519 || typed?.[0] === TYPE_COSIGNATURE
  const wellFormed = isName(name) && typed?.length === 1 + KEY_SIZE && known
  if (!wellFormed || toHex(keyIdOf(name, typed)) !== id)
    throw new IntegrityError('NOTE_KEY_INVALID', `not an Ed25519 verifier key: ${verifierKey}`)
  const der = Buffer.concat([SPKI_PREFIX, typed.subarray(1)])
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' })
  const verifyPlain: NoteVerifier['verify'] = (message, signature) =>
    verify(null, message, publicKey, signature)
  return {
    name,
    keyId: keyIdOf(name, typed),
    verify:
      typed[0] === TYPE_ED25519
        ? verifyPlain
        : (message, signature) => {
            if (signature.length <= TIME_SIZE) return false
            const signed = cosigned(message, timeIn(signature))
            return verifyPlain(signed, signature.subarray(TIME_SIZE))
          },
  }
}

/**
 * When a witness saw a note, by its signature; nothing is verified here.
 *
 * @returns Seconds since the Unix epoch, or undefined when that witness has not signed.
 */
export function cosignedAtS(note: Note, witness: NoteVerifier): number | undefined {
  const found = note.signatures.find(
    ({ name, keyId }) => name === witness.name && same(keyId, witness.keyId),
  )
  if (!found || found.signature.length <= TIME_SIZE) return undefined
  return Number(timeIn(found.signature))
}

function cosigned(message: Uint8Array, timeS: bigint): Uint8Array {
  return Buffer.concat([Buffer.from(`cosignature/v1\ntime ${timeS}\n`), message])
}

function timeIn(signature: Uint8Array): bigint {
  return Buffer.from(signature).readBigUInt64BE()
}

/** The text with a signature of each signer below it. @throws {AssertionError} A malformed text. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  return `${text}\n${signers.map((signer) => signatureLine(text, signer)).join('')}`
}

/** One signature, as it stands below the text. @throws {AssertionError} A malformed text. */
export function signatureLine(text: string, signer: NoteSigner): string {
  assert(isText(text), 'a text is UTF-8 without control characters and ends with a newline')
  const blob = Buffer.concat([signer.keyId, signer.sign(Buffer.from(text))])
  return `— ${signer.name} ${toBase64(blob)}\n`
}

/** @throws {IntegrityError} NOTE_MALFORMED. */
export function parseNote(bytes: string): Note {
  const end = bytes.lastIndexOf('\n\n')
  const text = bytes.slice(0, end + 1)
  if (bytes.length > NOTE_SIZE_MAX || end < 0 || !isText(text)) throw malformed('no text')
  const lines = bytes.slice(end + 2).split('\n')
  if (lines.pop() !== '' || lines.length === 0) throw malformed('no signature')
  if (lines.length > SIGNATURES_MAX) throw malformed('too many signatures')
  return { text, signatures: lines.map(parseSignature) }
}

/**
 * The names of the given keys that signed the note, at least one.
 *
 * @throws {IntegrityError} NOTE_SIGNATURE_INVALID when a given key's signature is wrong;
 *   NOTE_UNSIGNED when none of the given keys signed.
 */
export function verifyNote(note: Note, verifiers: readonly NoteVerifier[]): readonly string[] {
  const message = Buffer.from(note.text)
  const names = new Set<string>()
  for (const { name, keyId, signature } of note.signatures) {
    const verifier = verifiers.find((known) => known.name === name && same(known.keyId, keyId))
    if (!verifier) continue
    if (!verifier.verify(message, signature))
      throw new IntegrityError('NOTE_SIGNATURE_INVALID', `the signature of ${name} is wrong`)
    names.add(name)
  }
  if (names.size === 0)
    throw new IntegrityError('NOTE_UNSIGNED', 'no key that is trusted has signed the note')
  return [...names]
}

function parseSignature(line: string): NoteSignature {
  const [, name = '', encoded = ''] = /^— (\S+) (\S+)$/.exec(line) ?? []
  const blob = fromBase64(encoded)
  if (!isName(name) || !blob || blob.length <= KEY_ID_SIZE) throw malformed('a bad signature line')
  return { name, keyId: blob.subarray(0, KEY_ID_SIZE), signature: blob.subarray(KEY_ID_SIZE) }
}

function keyIdOf(name: string, typed: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])).subarray(0, KEY_ID_SIZE)
}

function typedKey(type: number, publicKey: Uint8Array): Uint8Array {
  assert.equal(publicKey.length, KEY_SIZE)
  return Buffer.concat([Uint8Array.of(type), publicKey])
}

function isName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[\s+]/u.test(name)
}

function isText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the format forbids them
  return text.endsWith('\n') && text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text)
}

/** Strict: Buffer.from would take what is not base64, and two texts would be one signature. */
function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function malformed(why: string): IntegrityError {
  return new IntegrityError('NOTE_MALFORMED', `not a signed note: ${why}`)
}
