/**
 * The local authority and its certificates on disk: made at the first start, kept, renewed in time.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { Clock } from '../clock.ts'
import type { Disk } from '../disk.ts'
import {
  createLocalAuthority,
  isUsable,
  issueCertificate,
  type CertificateAndKey,
  type LocalAuthority,
} from './authority.ts'

/** Where a pair lies, as absolute paths. The disk makes both files mode 0600. */
export type PairPlace = { readonly certificatePath: string; readonly keyPath: string }

/** The pair, and whether it was made now. */
export type Ensured<T> = { readonly pair: T; readonly made: boolean }

const DAY_MS = 86_400_000

/** A certificate with less life than this, of ninety days, is renewed at start: with its key. */
export const RENEW_BEFORE_MS: number = 60 * DAY_MS

/** The authority is replaced while every certificate it signed can still run out under it. */
const AUTHORITY_RENEW_BEFORE_MS = 120 * DAY_MS

type Doors = { readonly disk: Disk; readonly clock: Clock }

/**
 * Reads the authority, or makes one when there is none, when it ends within 120 days, or when its
 * files do not fit each other (a first start that was cut short).
 *
 * @throws {FaultError} As the disk.
 */
export async function ensureLocalAuthority(
  { disk, clock }: Doors,
  place: PairPlace,
): Promise<Ensured<LocalAuthority>> {
  const nowMs = clock.nowMs()
  const kept = await readPair(disk, place)
  const wanted = { names: [], nowMs, remainMs: AUTHORITY_RENEW_BEFORE_MS }
  if (kept && isUsable(kept, { ...wanted, authorityPem: kept.certificatePem })) {
    return { pair: kept, made: false }
  }
  const pair = await createLocalAuthority(nowMs)
  await writePair(disk, place, pair)
  return { pair, made: true }
}

/**
 * Reads a server certificate, or issues one when there is none, when it has less than 30 days to
 * live, or when it lacks a name, or when another authority signed it.
 *
 * @throws {FaultError} As the disk.
 */
export async function ensureCertificate(
  { disk, clock }: Doors,
  authority: LocalAuthority,
  place: PairPlace,
  names: readonly string[],
): Promise<Ensured<CertificateAndKey>> {
  const nowMs = clock.nowMs()
  const authorityPem = authority.certificatePem
  const kept = await readPair(disk, place)
  if (kept && isUsable(kept, { authorityPem, names, nowMs, remainMs: RENEW_BEFORE_MS })) {
    return { pair: kept, made: false }
  }
  return { pair: await renewPair({ disk, clock }, authority, place, names), made: true }
}

/** Issues another server certificate, with another key. @throws {FaultError} As the disk. */
export async function renewPair(
  { disk, clock }: Doors,
  authority: LocalAuthority,
  place: PairPlace,
  names: readonly string[],
): Promise<CertificateAndKey> {
  const pair = await issueCertificate(authority, names, clock.nowMs())
  await writePair(disk, place, pair)
  return pair
}

async function readPair(disk: Disk, place: PairPlace): Promise<CertificateAndKey | undefined> {
  const [certificatePem, keyPem] = await Promise.all([
    readText(disk, place.certificatePath),
    readText(disk, place.keyPath),
  ])
  if (certificatePem === undefined || keyPem === undefined) return undefined
  return { certificatePem, keyPem }
}

/** A power cut between the two leaves a pair that does not fit, which the next start replaces. */
async function writePair(disk: Disk, place: PairPlace, pair: CertificateAndKey): Promise<void> {
  await disk.replace(place.keyPath, Buffer.from(pair.keyPem))
  await disk.replace(place.certificatePath, Buffer.from(pair.certificatePem))
}

async function readText(disk: Disk, path: string): Promise<string | undefined> {
  try {
    return Buffer.from(await disk.read(path)).toString('utf8')
  } catch (error) {
    if (error instanceof FaultError && error.code === 'DISK_MISSING') return undefined
    throw error
  }
}
