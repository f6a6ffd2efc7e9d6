/**
 * Evidence bundles: everything a stranger needs to check our sentences, offline.
 *
 * Source: docs/formats/evidence.md §6.
 *
 * @module
 */
import { languages, type Words } from '#lib/claims/claim.ts'
import type { Evidence } from '#lib/claims/state.ts'
import { IntegrityError } from '#lib/errors.ts'
import { parseCheckpoint, type Checkpoint } from './checkpoint.ts'
import { keyIdOf } from './dsse.ts'
import { evidenceKey, sentenceDigest, verifyEntry } from './evidence.ts'
import { HashTiles } from './hash-tiles.ts'
import { verifyInclusion } from './merkle-proof.ts'
import { SHA256_SIZE } from './sha256.ts'
import { noteVerifier, parseNote, verifyNote } from './signed-note.ts'

export const BUNDLE_FORMAT = 'veilig-evidence-bundle-1'
export const BUNDLE_BYTES_MAX: number = 256 * 1024 * 1024

export type EvidenceBundle = {
  readonly format: typeof BUNDLE_FORMAT
  readonly vkey: string
  readonly checkpoint: string
  readonly sentences: Readonly<Record<string, Words>>
  readonly entries: readonly BundleEntry[]
  /** Every leaf hash, base64. */
  readonly leaves?: string
}

export type BundleEntry = {
  readonly index: number
  /** Base64. */
  readonly envelope: string
  /** Inclusion proof, base64 each. */
  readonly proof: readonly string[]
}

/** What a verified bundle says. */
export type VerifiedBundle = {
  readonly checkpoint: Checkpoint
  /** SHA-256 of the signing key, hex: compare it with one you know from elsewhere. */
  readonly keyId: string
  readonly sentences: Readonly<Record<string, Words>>
  readonly evidence: readonly Evidence[]
  /** Whether the root was rebuilt from all leaf hashes, not only proven into. */
  readonly whole: boolean
}

/**
 * Checks a bundle, all of it, and refuses it at the first thing that does not hold.
 *
 * @param trustedKey A verifier key, or the hex key id, known from elsewhere; without it the key in
 *   the bundle is used and only internal truth is shown.
 * @throws {IntegrityError} BUNDLE_INVALID, EVIDENCE_FORGED, EVIDENCE_ALTERED, NOTE_… and others.
 */
export function verifyBundle(text: string, trustedKey?: string): VerifiedBundle {
  const bundle = readBundle(text)
  const publicKey = evidenceKey(bundle.vkey)
  const keyId = keyIdOf(publicKey)
  if (trustedKey !== undefined && trustedKey !== bundle.vkey && trustedKey !== keyId)
    throw new IntegrityError('EVIDENCE_FORGED', `signed by key ${keyId}, not by the one you trust`)
  const note = parseNote(bundle.checkpoint)
  verifyNote(note, [noteVerifier(bundle.vkey)])
  const checkpoint = parseCheckpoint(note.text)
  if (bundle.leaves !== undefined) checkLeaves(bundle.leaves, checkpoint)
  const evidence = bundle.entries.map((entry) => {
    const found = verifyEntry(unbase64(entry.envelope), entry.index, publicKey)
    const leaf = Uint8Array.from(Buffer.from(found.leafHash, 'hex'))
    const claim = { leaf, index: entry.index, size: checkpoint.size, root: checkpoint.root }
    if (!verifyInclusion(claim, entry.proof.map(unbase64)))
      throw new IntegrityError('EVIDENCE_ALTERED', `entry ${entry.index} is not in the signed log`)
    checkSentence(found, bundle.sentences)
    return found
  })
  const whole = bundle.leaves !== undefined
  return { checkpoint, keyId, sentences: bundle.sentences, evidence, whole }
}

function checkLeaves(encoded: string, checkpoint: Checkpoint): void {
  const leaves = unbase64(encoded)
  const tiles = new HashTiles()
  for (let at = 0; at + SHA256_SIZE <= leaves.length; at += SHA256_SIZE) {
    tiles.append(leaves.subarray(at, at + SHA256_SIZE))
  }
  const same = Buffer.compare(tiles.root(), checkpoint.root) === 0
  if (leaves.length !== checkpoint.size * SHA256_SIZE || !same)
    throw new IntegrityError('EVIDENCE_ALTERED', 'the leaves do not give the signed root')
}

/** Evidence older than the present sentence is about another one, and is passed over by readers. */
function checkSentence(evidence: Evidence, sentences: EvidenceBundle['sentences']): void {
  const { claim } = evidence.measurement
  const sentence = sentences[claim]
  if (sentence && sentenceDigest(sentence) === evidence.sentenceDigest) return
  throw new IntegrityError('EVIDENCE_ALTERED', `entry ${evidence.index} is about another sentence`)
}

function readBundle(text: string): EvidenceBundle {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new IntegrityError('BUNDLE_INVALID', 'not JSON', { cause: error })
  }
  if (!isBundle(value)) throw new IntegrityError('BUNDLE_INVALID', 'not an evidence bundle')
  return value
}

function isBundle(value: unknown): value is EvidenceBundle {
  if (!isObject(value) || value['format'] !== BUNDLE_FORMAT) return false
  const { vkey, checkpoint, sentences, entries, leaves } = value
  return (
    typeof vkey === 'string' &&
    typeof checkpoint === 'string' &&
    isObject(sentences) &&
    Object.values(sentences).every(isWords) &&
    Array.isArray(entries) &&
    entries.every(isEntry) &&
    (leaves === undefined || typeof leaves === 'string')
  )
}

function isWords(value: unknown): value is Words {
  if (!isObject(value) || Object.keys(value).length !== languages.length) return false
  return languages.every((language) => typeof value[language] === 'string')
}

function isEntry(value: unknown): value is BundleEntry {
  if (!isObject(value) || typeof value['envelope'] !== 'string') return false
  const { index, proof } = value
  if (!Number.isSafeInteger(index) || !Array.isArray(proof)) return false
  return proof.every((hash) => typeof hash === 'string')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// Strict, where Buffer.from(_, 'base64') skips what it does not understand.
function unbase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new IntegrityError('BUNDLE_INVALID', 'bad base64')
  return Uint8Array.from(bytes)
}
