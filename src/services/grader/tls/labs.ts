/**
 * The SSL Labs rating: a score of three parts, and caps on the letter it gives.
 *
 * Two editions of the guide: 2009q, which the public service was last seen to report, and 2009r.
 * Source: SSL Server Rating Guide 2009e (scores, letters), its changes up to 2009q and 2009r.
 *
 * @module
 */
import type { Suite } from '#protocol/tls/suites.ts'
import type { CertificateReport } from './certificate.ts'
import { findFaults } from './faults.ts'
import type { TlsScan, TlsVersion } from './scan.ts'

export type Edition = '2009q' | '2009r'

export type Cap = { readonly grade: string; readonly cause: string }

export type LabsGrade = {
  readonly edition: Edition
  readonly grade: string
  readonly score: number
  readonly protocol: number
  readonly keyExchange: number
  readonly cipher: number
  readonly caps: readonly Cap[]
}

export type LabsInput = {
  readonly scan: TlsScan
  readonly certificate: CertificateReport
  readonly nowMs: number
  /** Seconds; undefined when the site sends no valid Strict-Transport-Security. */
  readonly hstsMaxAgeSeconds: number | undefined
}

/** Faults that leave nothing of the rest. */
const fatal = [
  'Heartbleed',
  'CCS injection',
  'DROWN',
  'ROBOT',
  'Ticketbleed',
  'POODLE-TLS',
  'Zombie POODLE',
  'GOLDENDOODLE',
  'Sleeping POODLE',
  'CVE-2016-2107',
  'CVE-2019-1559',
  'Insecure renegotiation',
]

const HALF_A_YEAR_SECONDS = 15_552_000
const order = ['A+', 'A', 'A-', 'B', 'C', 'D', 'E', 'F', 'T', 'M']

const protocolScores: Readonly<Record<TlsVersion, number>> = {
  'SSL 2': 0,
  'SSL 3': 80,
  'TLS 1.0': 90,
  'TLS 1.1': 95,
  'TLS 1.2': 100,
  'TLS 1.3': 100,
}

/** Rates by one edition of the guide. */
export function rateByLabs(input: LabsInput, edition: Edition): LabsGrade {
  const { scan } = input
  const all = scan.versions.flatMap(({ suites }) => suites)
  const protocol = middle(scan.versions.map(({ version }) => protocolScores[version]))
  const keyExchange = keyExchangeScore(input, all)
  const cipher = middle(all.map(({ bits }) => cipherScore(bits)))
  const empty = protocol === 0 || keyExchange === 0 || cipher === 0
  const score = empty ? 0 : Math.round(0.3 * protocol + 0.3 * keyExchange + 0.4 * cipher)
  const caps = [...capsOf(input, all, keyExchange, edition)]
  const bare = letterOf(score)
  const capped = caps.reduce((worst, { grade }) => worse(worst, grade), bare)
  const grade = capped === 'A' && deservesPlus(input, edition) ? 'A+' : capped
  return { edition, grade, score, protocol, keyExchange, cipher, caps }
}

function* capsOf(
  input: LabsInput,
  all: readonly Suite[],
  keyExchange: number,
  edition: Edition,
): Generator<Cap> {
  const { scan, certificate, nowMs, hstsMaxAgeSeconds } = input
  const has = (...names: readonly TlsVersion[]): boolean =>
    scan.versions.some(({ version }) => names.includes(version))
  const faults = new Map(findFaults(scan).map((fault) => [fault.name, fault]))
  const vulnerable = (name: string): boolean => faults.get(name)?.state === 'vulnerable'
  if (!certificate.nameMatches) yield { grade: 'M', cause: 'the certificate bears another name' }
  if (certificate.distrust !== undefined) {
    yield { grade: 'T', cause: `the certificate is not trusted (${certificate.distrust})` }
  } else if (certificate.validTo.getTime() < nowMs) {
    yield { grade: 'T', cause: 'the certificate has expired' }
  }
  if (certificate.signature.includes('sha1')) yield { grade: 'T', cause: 'a SHA-1 signature' }
  if (/md[25]/.test(certificate.signature)) yield { grade: 'F', cause: 'an MD5 signature' }
  if (has('SSL 2')) yield { grade: 'F', cause: 'SSL 2' }
  if (!has('TLS 1.0', 'TLS 1.1', 'TLS 1.2', 'TLS 1.3')) yield { grade: 'F', cause: 'SSL 3 at best' }
  else if (!has('TLS 1.2', 'TLS 1.3')) yield { grade: 'C', cause: 'nothing newer than TLS 1.1' }
  if (all.some(({ bits }) => bits < 112)) yield { grade: 'F', cause: 'ciphers below 112 bits' }
  if (all.some((suite) => suite.export)) yield { grade: 'F', cause: 'export suites' }
  if (all.some(({ anonymous }) => anonymous)) yield { grade: 'F', cause: 'anonymous suites' }
  if (keyExchange <= 40) yield { grade: 'F', cause: 'a key exchange that can be broken' }
  else if (keyExchange <= 80) yield { grade: 'B', cause: 'a weak key exchange' }
  for (const name of fatal) {
    if (vulnerable(name)) yield { grade: 'F', cause: name }
  }
  if (vulnerable('POODLE')) yield { grade: 'C', cause: 'POODLE' }
  if (vulnerable('CRIME')) yield { grade: 'C', cause: 'CRIME' }
  const newer = scan.versions.filter(({ version }) => !/^SSL|1\.0$/.test(version))
  const newerSuites = newer.flatMap(({ suites }) => suites)
  if (vulnerable('RC4')) {
    const grade = newerSuites.some(({ name }) => name.includes('RC4')) ? 'C' : 'B'
    yield { grade, cause: 'RC4' }
  }
  if (newerSuites.some(({ blockBits }) => blockBits === 64)) {
    yield { grade: 'C', cause: 'SWEET32: 64-bit block ciphers' }
  }
  for (const name of ['SSL 3', 'TLS 1.0', 'TLS 1.1'] as const) {
    if (has(name)) yield { grade: 'B', cause: name }
  }
  if (!all.some(({ mode }) => mode === 'aead')) yield { grade: 'B', cause: 'no AEAD suite' }
  if (!all.some(({ forwardSecret }) => forwardSecret)) {
    yield { grade: 'B', cause: 'no forward secrecy' }
  }
  if (scan.secureRenegotiation === false) {
    yield { grade: 'A-', cause: 'no secure renegotiation' }
  }
  if (edition === '2009q') return
  if (!has('TLS 1.3')) yield { grade: 'A-', cause: 'no TLS 1.3' }
  if ((hstsMaxAgeSeconds ?? 0) < HALF_A_YEAR_SECONDS) {
    yield { grade: 'A-', cause: 'no Strict-Transport-Security of half a year' }
  }
}

/** 2009r no longer asks for protection against fallback. */
function deservesPlus({ scan, hstsMaxAgeSeconds }: LabsInput, edition: Edition): boolean {
  if ((hstsMaxAgeSeconds ?? 0) < HALF_A_YEAR_SECONDS) return false
  return edition === '2009r' || scan.fallbackProtected === 'yes'
}

function keyExchangeScore({ scan, certificate }: LabsInput, all: readonly Suite[]): number {
  if (all.some(({ anonymous }) => anonymous)) return 0
  if (all.some((suite) => suite.export)) return 40
  const own = certificate.keyType === 'rsa' ? primeScore : curveScore
  return Math.min(
    own(certificate.keyBits),
    primeScore(scan.primeBitsMin ?? Infinity),
    ...scan.groups.map((name) => curveScore(/192/.test(name) ? 192 : /224/.test(name) ? 224 : 255)),
  )
}

function primeScore(bits: number): number {
  return bits < 512 ? 20 : bits < 1024 ? 40 : bits < 2048 ? 80 : bits < 4096 ? 90 : 100
}

function curveScore(bits: number): number {
  return bits < 110 ? 20 : bits < 123 ? 40 : bits < 163 ? 80 : bits < 225 ? 90 : 100
}

function cipherScore(bits: number): number {
  return bits === 0 ? 0 : bits < 128 ? 20 : bits < 256 ? 80 : 100
}

/** Of the best and the worst. */
function middle(scores: readonly number[]): number {
  return scores.length === 0 ? 0 : (Math.max(...scores) + Math.min(...scores)) / 2
}

function letterOf(score: number): string {
  return score >= 80
    ? 'A'
    : score >= 65
      ? 'B'
      : score >= 50
        ? 'C'
        : score >= 35
          ? 'D'
          : score >= 20
            ? 'E'
            : 'F'
}

function worse(one: string, other: string): string {
  return order.indexOf(one) > order.indexOf(other) ? one : other
}
