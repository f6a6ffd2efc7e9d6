/**
 * Evidence bundles: everything a stranger needs to check our sentences, offline.
 *
 * Source: docs/formats/evidence.md §6.
 *
 * @module
 */
import { languages, type Words } from '#lib/claims/claim.ts'
import { CUSTOMERS_MEASURED } from '#lib/claims/findings-customers.ts'
import type { Evidence } from '#lib/claims/state.ts'
import { IntegrityError } from '#lib/errors.ts'
import { parseCheckpoint, type Checkpoint } from './checkpoint.ts'
import { openCustomerLeaf, type CustomerPart, type CustomerProof } from './customer-leaves.ts'
import { sentenceDigest, verifyEntry } from './evidence.ts'
import { openSuccession } from './key-succession.ts'
import { LogKeys } from './log-keys.ts'
import { leafHash, MerkleTree } from './merkle.ts'
import { verifyInclusion } from './merkle-proof.ts'
import { SHA256_SIZE } from './sha256.ts'
import { parseNote, verifyNote, type NoteVerifier } from './signed-note.ts'

export const BUNDLE_FORMAT = 'veilig-evidence-bundle-1'
export const BUNDLE_BYTES_MAX: number = 256 * 1024 * 1024

export type EvidenceBundle = {
  readonly format: typeof BUNDLE_FORMAT
  /** Of the key that signed the checkpoint. */
  readonly vkey: string
  readonly checkpoint: string
  readonly sentences: Readonly<Record<string, Words>>
  readonly entries: readonly BundleEntry[]
  /** The entries by which keys took over, from the first key on; none while there was one. */
  readonly successions?: readonly BundleEntry[]
  /** Every leaf hash, base64. */
  readonly leaves?: string
  /** What was measured for one customer: of whom it is, and nobody else, has it in his bundle. */
  readonly customers?: readonly BundleCustomer[]
}

/** Under the root that the evidence at `index` bears. */
export type BundleCustomer = CustomerProof & { readonly index: number }

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
  /** Every key of the log, the first one first. */
  readonly keys: LogKeys
  readonly sentences: Readonly<Record<string, Words>>
  readonly evidence: readonly Evidence[]
  /** One customer's own part, with the evidence that commits to it. */
  readonly customers: readonly (CustomerPart & { readonly index: number })[]
  /** Whether the root was rebuilt from all leaf hashes, not only proven into. */
  readonly whole: boolean
}

/**
 * Checks a bundle, all of it, and refuses it at the first thing that does not hold.
 *
 * @param trustedKey A verifier key, or the hex key id, from elsewhere, of any key in the line;
 *   without it the keys in the bundle are used and only internal truth is shown.
 * @param earlierText A bundle of the same log from before: what it covered must stand there still.
 * @throws {IntegrityError} BUNDLE_INVALID, EVIDENCE_FORGED, EVIDENCE_ALTERED, SUCCESSION_…, NOTE_…;
 *   EVIDENCE_ROLLED_BACK when it does not continue the earlier one.
 */
export function verifyBundle(
  text: string,
  trustedKey?: string,
  earlierText?: string,
): VerifiedBundle {
  const bundle = readBundle(text)
  const keys = keysOf(bundle)
  const { keyId, verifier } = keys.newest
  const isTrusted = keys.terms.some((one) =>
    [one.verifierKey, one.keyId].includes(trustedKey ?? ''),
  )
  if (trustedKey !== undefined && !isTrusted)
    throw new IntegrityError('EVIDENCE_FORGED', `signed by key ${keyId}, not by the one you trust`)
  const checkpoint = checkpointOf(bundle, verifier)
  checkPlaces(bundle.successions ?? [], checkpoint)
  const earlier = earlierText === undefined ? undefined : earlierOf(earlierText, keys)
  if (bundle.leaves !== undefined) checkLeaves(bundle.leaves, checkpoint, earlier)
  else if (earlier)
    throw new IntegrityError('BUNDLE_INVALID', 'it has no leaves to compare with earlier ones')
  const evidence = bundle.entries.map((entry) => {
    const { publicKey } = keys.at(entry.index)
    const found = verifyEntry(unbase64(entry.envelope), entry.index, publicKey)
    checkPlaces([entry], checkpoint)
    checkSentence(found, bundle.sentences)
    return found
  })
  const whole = bundle.leaves !== undefined
  const customers = (bundle.customers ?? []).map((part) => openPart(part, evidence))
  return { checkpoint, keyId, keys, sentences: bundle.sentences, evidence, customers, whole }
}

function openPart(
  given: BundleCustomer,
  all: readonly Evidence[],
): VerifiedBundle['customers'][number] {
  const { index } = given
  const measurement = all.find((one) => one.index === index)?.measurement
  const signed = measurement?.findings.find(({ code }) => code === CUSTOMERS_MEASURED)?.values
  const { root, count } = signed ?? {}
  const part =
    measurement && count === given.count
      ? openCustomerLeaf(given, measurement.claim, String(root))
      : undefined
  if (part) return { ...part, index }
  throw new IntegrityError('EVIDENCE_ALTERED', `entry ${index} does not speak of this customer`)
}

/** The line of keys that ends with the bundle's own. */
function keysOf({ vkey, successions = [] }: EvidenceBundle): LogKeys {
  const handovers = successions.map(({ index, envelope }) => ({ index, entry: unbase64(envelope) }))
  const [oldest] = handovers
  const first = oldest && openSuccession(Buffer.from(oldest.entry).toString('utf8')).former
  const keys = new LogKeys(first ?? vkey, handovers)
  if (keys.newest.verifierKey === vkey) return keys
  throw new IntegrityError(
    'SUCCESSION_BROKEN',
    'the line of keys does not end with the signing one',
  )
}

function checkPlaces(entries: readonly BundleEntry[], { size, root }: Checkpoint): void {
  for (const { index, envelope, proof } of entries) {
    const claim = { leaf: leafHash(unbase64(envelope)), index, size, root }
    if (!verifyInclusion(claim, proof.map(unbase64)))
      throw new IntegrityError('EVIDENCE_ALTERED', `entry ${index} is not in the signed log`)
  }
}

/** What an earlier bundle stood for, by the key that was the log's then. */
function earlierOf(text: string, keys: LogKeys): Checkpoint {
  const bundle = readBundle(text)
  const { size } = parseCheckpoint(parseNote(bundle.checkpoint).text)
  return checkpointOf(bundle, keys.at(size).verifier)
}

function checkpointOf({ checkpoint }: EvidenceBundle, verifier: NoteVerifier): Checkpoint {
  const note = parseNote(checkpoint)
  verifyNote(note, [verifier])
  return parseCheckpoint(note.text)
}

/** The root is made anew from the leaves; so is the one that was signed earlier. */
function checkLeaves(encoded: string, checkpoint: Checkpoint, earlier?: Checkpoint): void {
  const leaves = unbase64(encoded)
  if (leaves.length !== checkpoint.size * SHA256_SIZE)
    throw new IntegrityError('EVIDENCE_ALTERED', 'there are more leaves or fewer than were signed')
  if (earlier && earlier.size > checkpoint.size) {
    const message = `${earlier.size} entries were there, now ${checkpoint.size}`
    throw new IntegrityError('EVIDENCE_ROLLED_BACK', message)
  }
  const tree = new MerkleTree()
  const isThen = (): boolean => !earlier || Buffer.compare(tree.root(), earlier.root) === 0
  let continues = tree.size === earlier?.size ? isThen() : true
  for (let at = 0; at < leaves.length; at += SHA256_SIZE) {
    tree.append(leaves, at)
    if (tree.size === earlier?.size) continues = isThen()
  }
  if (Buffer.compare(tree.root(), checkpoint.root) !== 0)
    throw new IntegrityError('EVIDENCE_ALTERED', 'the leaves do not give the signed root')
  if (!continues)
    throw new IntegrityError('EVIDENCE_ROLLED_BACK', 'the log does not continue what it was')
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
  const { vkey, checkpoint, sentences, entries, leaves, customers, successions } = value
  return (
    typeof vkey === 'string' &&
    typeof checkpoint === 'string' &&
    isObject(sentences) &&
    Object.values(sentences).every(isWords) &&
    Array.isArray(entries) &&
    entries.every(isEntry) &&
    (successions === undefined || (Array.isArray(successions) && successions.every(isEntry))) &&
    (leaves === undefined || typeof leaves === 'string') &&
    (customers === undefined || (Array.isArray(customers) && customers.every(isCustomer)))
  )
}

function isWords(value: unknown): value is Words {
  if (!isObject(value) || Object.keys(value).length !== languages.length) return false
  return languages.every((language) => typeof value[language] === 'string')
}

function isCustomer(value: unknown): value is BundleCustomer {
  if (!isObject(value) || typeof value['leaf'] !== 'string' || !Array.isArray(value['proof']))
    return false
  const { index, at, count, proof } = value
  return (
    [index, at, count].every(Number.isSafeInteger) && proof.every((one) => typeof one === 'string')
  )
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
