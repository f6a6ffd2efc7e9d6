/**
 * What lowers the grades: each fault once, however many graders mind it, with how bad it is, a
 * sentence that says what it means, and what to do.
 *
 * @module
 */
import type { HeadersReport } from './headers.ts'
import { retiredFieldsOf } from './retired.ts'
import type { FaultFinding } from './tls/faults.ts'
import type { TlsReport } from './tls/grade.ts'
import type { Cap } from './tls/labs.ts'

export type FullReport = { readonly headers: HeadersReport; readonly tls: TlsReport }

/** From bad to less bad: somebody can get in; most of the protection is gone; a part; a trifle. */
export const severities = ['critical', 'serious', 'moderate', 'minor'] as const
export type Severity = (typeof severities)[number]

export type Finding = {
  readonly severity: Severity
  readonly title: string
  readonly says: string
  readonly mend: string
  /** What it costs with each grader, in a few words. */
  readonly costs: readonly string[]
}

type Words = { readonly title: string; readonly says: string; readonly mend: string }

/** The worst first. */
export function findings({ headers, tls }: FullReport): readonly Finding[] {
  const found = new Collected()
  for (const cap of tls.grades[0]?.caps ?? []) addCap(found, cap, tls)
  for (const fault of tls.faults) if (fault.state === 'vulnerable') addFault(found, fault)
  if (tls.certificate.chain === 'incomplete') {
    found.add('trust', 'moderate', untrusted('the chain is incomplete'), 'chain incomplete')
  }
  for (const { verdict, log } of tls.certificate.timestamps) {
    if (verdict === 'invalid') found.add(`log ${log}`, 'serious', forgedProof(log), 'public logs')
  }
  for (const { test, modifier, says, mend } of headers.observatory.tests) {
    if (modifier >= 0) continue
    const words = { title: titles[test] ?? test, says, mend }
    found.add(test, severityOfPoints(modifier), words, `${-modifier} points`)
  }
  for (const name of headers.securityHeaders.missing) addMissing(found, name)
  for (const warning of headers.securityHeaders.warnings) {
    const key = warning.startsWith('Referrer') ? 'referrer-policy' : 'content-security-policy'
    const mend = 'Use a nonce for scripts of the page, and no eval.'
    found.add(
      key,
      'minor',
      { title: titles[key] ?? key, says: warning, mend },
      'headers: A at most',
    )
  }
  for (const { name: title, says, mend } of retiredFieldsOf(headers.visit.page.fields)) {
    found.add(title, 'minor', { title, says, mend }, 'retired')
  }
  return found.sorted()
}

class Collected {
  readonly #all = new Map<string, Finding>()

  /** What was found before says it; a second grader adds what it costs there. */
  add(key: string, severity: Severity, words: Words, cost: string): void {
    const before = this.#all.get(key)
    const costs = [...new Set([...(before?.costs ?? []), cost])]
    this.#all.set(key, { ...words, ...before, severity: worse(before?.severity, severity), costs })
  }

  sorted(): readonly Finding[] {
    return severities.flatMap((wanted) =>
      [...this.#all.values()].filter(({ severity }) => severity === wanted),
    )
  }
}

function worse(one: Severity | undefined, other: Severity): Severity {
  return one && severities.indexOf(one) < severities.indexOf(other) ? one : other
}

function severityOfPoints(modifier: number): Severity {
  if (modifier <= -40) return 'critical'
  return modifier <= -20 ? 'serious' : modifier <= -10 ? 'moderate' : 'minor'
}

function severityOfGrade(grade: string): Severity {
  if (/^[FTM]/.test(grade)) return 'critical'
  return grade === 'C' ? 'serious' : grade === 'B' ? 'moderate' : 'minor'
}

const titles: Readonly<Record<string, string>> = {
  'content-security-policy': 'Content-Security-Policy',
  cookies: 'Cookies',
  'cross-origin-resource-sharing': 'Answers for other sites (CORS)',
  redirection: 'From plain HTTP to HTTPS',
  'referrer-policy': 'Referrer-Policy',
  'strict-transport-security': 'Strict-Transport-Security',
  'subresource-integrity': 'Scripts of other sites',
  'x-content-type-options': 'X-Content-Type-Options',
  'x-frame-options': 'Framing',
  'cross-origin-resource-policy': 'Cross-Origin-Resource-Policy',
}

const missingHeaders: Readonly<Record<string, Omit<Words, 'title'>>> = {
  'content-security-policy': {
    says: 'An injected script runs: nothing says which scripts are the site’s own.',
    mend: "Send a policy that begins with default-src 'none' or 'self'.",
  },
  'permissions-policy': {
    says: 'Any script in the pages may ask for camera, microphone and location.',
    mend: 'Send Permissions-Policy: camera=(), microphone=(), geolocation=().',
  },
  'referrer-policy': {
    says: 'It is left to browsers how much other sites learn of the pages’ addresses.',
    mend: 'Send Referrer-Policy: strict-origin-when-cross-origin.',
  },
  'strict-transport-security': {
    says: 'Browsers may come back over plain HTTP, where anyone on the way listens.',
    mend: 'Send Strict-Transport-Security: max-age=31536000; includeSubDomains.',
  },
  'x-content-type-options': {
    says: 'Browsers may guess that an upload is a script.',
    mend: 'Send X-Content-Type-Options: nosniff.',
  },
  'x-frame-options': {
    says: 'Other sites can show the pages in a frame and steal clicks.',
    mend: 'Send X-Frame-Options: SAMEORIGIN.',
  },
}

function addMissing(found: Collected, name: string): void {
  const key = name.toLowerCase()
  const words = missingHeaders[key]
  if (words) found.add(key, 'minor', { title: titles[key] ?? name, ...words }, 'a header missing')
}

function addFault(found: Collected, { name, says, mend }: FaultFinding): void {
  const plain = says.replace(/^Vulnerable: /, '')
  found.add(name, 'moderate', { title: name, says: capital(plain), mend }, 'known fault')
}

/** A cap of the rating guide; one that is a known fault is told with it. */
function addCap(found: Collected, { grade, cause }: Cap, { faults }: TlsReport): void {
  const severity = severityOfGrade(grade)
  const cost = `TLS: ${grade} at most`
  const named = faultOf[cause] ?? cause
  const fault = faults.find(({ name, state }) => name === named && state === 'vulnerable')
  if (fault) {
    addFault(found, fault)
    const { name: title, says, mend } = fault
    return found.add(fault.name, severity, { title, says, mend }, cost)
  }
  const distrust = /^the certificate is not trusted \((.*)\)$/.exec(cause)?.[1]
  if (distrust !== undefined) return found.add('trust', severity, untrusted(distrust), cost)
  const words = capWords[cause] ?? { says: `${cause}.`, mend: 'See the SSL Labs rating guide.' }
  found.add(words.key ?? cause, severity, { title: words.title ?? capital(cause), ...words }, cost)
}

/** A cause of the guide → the fault that is meant. */
const faultOf: Readonly<Record<string, string>> = {
  'anonymous suites': 'Anonymous or unencrypted suites',
  'ciphers below 112 bits': 'Anonymous or unencrypted suites',
  'export suites': 'FREAK',
  'SSL 2': 'DROWN',
  'SSL 3': 'POODLE',
  'SWEET32: 64-bit block ciphers': 'SWEET32',
}

type CapWords = Omit<Words, 'title'> & { readonly title?: string; readonly key?: string }

const newVersions = 'Offer TLS 1.2 and 1.3, and nothing older.'
const newSuites = 'Offer ECDHE suites with AES-GCM or ChaCha20-Poly1305 only.'

const capWords: Readonly<Record<string, CapWords>> = {
  'the certificate bears another name': {
    says: 'Browsers warn every visitor: the certificate was issued for other names.',
    mend: 'Get a certificate that has this host’s name.',
  },
  'the certificate has expired': {
    says: 'Browsers warn every visitor.',
    mend: 'Renew it, and let ACME renew it from then on.',
  },
  'a SHA-1 signature': {
    says: 'Certificates signed with SHA-1 can be forged; browsers refuse them.',
    mend: 'Get a new certificate.',
  },
  'an MD5 signature': {
    says: 'Certificates signed with MD5 have been forged.',
    mend: 'Get a new certificate.',
  },
  'SSL 2': { says: 'SSL 2 protects nothing.', mend: newVersions },
  'SSL 3': { says: 'SSL 3 was given up in 2015 (RFC 7568).', mend: newVersions },
  'SSL 3 at best': { says: 'Nothing newer than SSL 3 is spoken.', mend: newVersions },
  'nothing newer than TLS 1.1': { says: 'Today’s browsers do not connect.', mend: newVersions },
  'TLS 1.0': { says: 'TLS 1.0 is historic (RFC 8996).', mend: newVersions },
  'TLS 1.1': { says: 'TLS 1.1 is historic (RFC 8996).', mend: newVersions },
  'ciphers below 112 bits': { says: 'Such keys are found by trying.', mend: newSuites },
  'export suites': { says: 'Keys made weak by law, thirty years ago.', mend: newSuites },
  'anonymous suites': { says: 'Nobody proves who he is.', mend: newSuites },
  'a key exchange that can be broken': {
    says: 'Whoever records the traffic can read it with little effort.',
    mend: 'Use ECDHE with X25519 or P-256, and keys of 2048 bits (RSA) or 256 (ECDSA).',
  },
  'a weak key exchange': {
    says: 'Its numbers are too small for what computers can do.',
    mend: 'Use ECDHE with X25519 or P-256, or primes of at least 2048 bits.',
  },
  'no AEAD suite': {
    says: 'Only suites are offered whose way of encrypting has been attacked again and again.',
    mend: newSuites,
  },
  'no forward secrecy': {
    says: 'Whoever gets the server’s key reads everything that was recorded before.',
    mend: newSuites,
  },
  'no secure renegotiation': {
    says: 'The server does not say that it protects a second handshake (RFC 5746).',
    mend: 'Update the TLS library.',
  },
  'no TLS 1.3': { says: 'The newest version is not offered.', mend: 'Switch TLS 1.3 on.' },
  'no Strict-Transport-Security of half a year': {
    key: 'strict-transport-security',
    title: 'Strict-Transport-Security',
    says: 'Browsers are not told to use HTTPS for half a year or more.',
    mend: 'Send Strict-Transport-Security: max-age=31536000; includeSubDomains.',
  },
}

function untrusted(why: string): Words {
  return {
    title: 'The certificate is not trusted',
    says: `Browsers warn every visitor: no authority they know vouches for it (${why}).`,
    mend: 'Install one of a public authority, with all its intermediate certificates.',
  }
}

function forgedProof(log: string | undefined): Words {
  return {
    title: 'A proof of transparency is false',
    says: `The certificate says that ${log ?? 'a log'} has it; that log did not sign this.`,
    mend: 'Ask the authority, or get a new certificate.',
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
