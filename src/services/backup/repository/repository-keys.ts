/**
 * The keys of a new repository, and how each is written down.
 *
 * @module
 */
import { identityFromSeed, SEED_SIZE, type Identity } from '#crypto/key-wrap.ts'
import { printKey, readPrintedKey } from '#crypto/printed-key.ts'
import { SIGNING_SEED_SIZE, signingKeyFromSeed, type SigningKey } from '#crypto/signing-key.ts'
import { fromHex, toHex } from '#lib/byte-fields.ts'
import { UsageError } from '#lib/errors.ts'
import type { Random } from './data-key.ts'
import { makeRoot } from './root.ts'

/** Texts end with a newline, ready to be written to files of mode 0600. */
export type RepositoryKeys = {
  /** For the operator alone: print it, keep it elsewhere. Opens every backup. */
  readonly recoveryKey: string
  /** For the verifier process alone. Opens every backup, signs nothing. */
  readonly verifierKey: string
  /** For the backup process alone. Signs the catalogue, opens nothing. */
  readonly catalogueKey: string
  /** Public; the backup process keeps a copy it trusts. */
  readonly root: Uint8Array
}

const CATALOGUE_PREFIX = 'VEILIG-CATALOGUE-1'

/** Makes all keys of a new repository. Called once, by the first run. */
export function createRepositoryKeys(options: {
  readonly random: Random
  readonly nowMs: number
}): RepositoryKeys {
  const { random, nowMs } = options
  const recovery = random(SEED_SIZE)
  const verifier = random(SEED_SIZE)
  const signing = random(SIGNING_SEED_SIZE)
  const identities = [recovery, verifier].map(identityFromSeed)
  return {
    recoveryKey: `${printKey('VEILIG-RECOVERY-1', recovery)}\n`,
    verifierKey: `${printKey('VEILIG-VERIFIER-1', verifier)}\n`,
    catalogueKey: `${CATALOGUE_PREFIX} ${toHex(signing)}\n`,
    root: makeRoot(signingKeyFromSeed(signing), random(16), nowMs, identities),
  }
}

/** @throws {UsageError} KEY_NOT_READABLE. */
export function readCatalogueKey(text: string): SigningKey {
  const [prefix, digits = ''] = text.trim().split(' ')
  const seed = fromHex(digits)
  if (prefix !== CATALOGUE_PREFIX || seed?.length !== SIGNING_SEED_SIZE) {
    throw new UsageError('KEY_NOT_READABLE', 'this is not a catalogue key file')
  }
  return signingKeyFromSeed(seed)
}

/** Reads a recovery or a verifier key. @throws {UsageError} KEY_NOT_READABLE. */
export function readIdentity(text: string): Identity {
  const isVerifier = text.trim().toUpperCase().startsWith('VEILIG-VERIFIER')
  const kind = isVerifier ? 'VEILIG-VERIFIER-1' : 'VEILIG-RECOVERY-1'
  return identityFromSeed(readPrintedKey(kind, text))
}
