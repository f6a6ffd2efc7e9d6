/**
 * A certificate authority for one machine: it vouches for localhost names and loopback addresses,
 * and its own certificate forbids it to vouch for anything else. So a person may trust it in a
 * browser without handing whoever steals its key the whole web.
 *
 * Source: RFC 5280 §4.2.1.10 (name constraints), RFC 6761 §6.3 (localhost).
 *
 * @module
 */
import 'reflect-metadata/lite'
import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate as Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** A certificate and its private key (PKCS #8), both PEM. */
export type CertificateAndKey = { readonly certificatePem: string; readonly keyPem: string }

/** The authority. Its key belongs to the process that issues, and to no other. */
export type LocalAuthority = CertificateAndKey

export const LEAF_DAYS = 90
export const AUTHORITY_DAYS: number = 5 * 365

const DAY_MS = 86_400_000
/** Machines disagree about the time; a certificate must not be from the future for any of them. */
const BACKDATE_MS = 3_600_000

const ecdsaKey = { name: 'ECDSA', namedCurve: 'P-256' } as const
const ecdsaSign = { name: 'ECDSA', hash: 'SHA-256' } as const
/** These names only: the answer, where a caller asks for none. Wildcards of a bare top-level name
 * are ignored by OpenSSL and Node.js, so the services' own names are spelled out. */
export const localNames: readonly string[] = [
  'localhost',
  'trust.localhost',
  'status.localhost',
  'console.localhost',
  'mail.localhost',
  'mailbox.localhost',
  'pay.localhost',
  'paypal-twin.localhost',
  'paybox-twin.localhost',
  '*.localhost',
  '127.0.0.1',
  '::1',
]

/** Makes a new authority, with a name of its own: browsers confuse two that share one. */
export async function createLocalAuthority(nowMs: number): Promise<LocalAuthority> {
  const keys = await crypto.subtle.generateKey(ecdsaKey, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=Veilig local authority ${randomBytes(4).toString('hex')}`,
    keys,
    signingAlgorithm: ecdsaSign,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + AUTHORITY_DAYS * DAY_MS),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      localhostOnly(),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificatePem: pem(certificate), keyPem: await exportKey(keys.privateKey) }
}

/**
 * Issues a server certificate: a fresh ECDSA P-256 key, valid 90 days.
 *
 * @param names DNS names and IP addresses. One outside the authority's constraints is issued all
 *   the same, and refused by every client.
 */
export async function issueCertificate(
  authority: LocalAuthority,
  names: readonly string[],
  nowMs: number,
): Promise<CertificateAndKey> {
  const issuer = new Certificate(authority.certificatePem)
  const keys = await crypto.subtle.generateKey(ecdsaKey, true, ['sign', 'verify'])
  const notAfterMs = Math.min(nowMs + LEAF_DAYS * DAY_MS, issuer.notAfter.getTime())
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${names[0] ?? 'localhost'}`,
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.keyPem),
    signingAlgorithm: ecdsaSign,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(notAfterMs),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((name) => ({
          type: isIP(name) > 0 ? ('ip' as const) : ('dns' as const),
          value: name,
        })),
      ),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer),
    ],
  })
  return { certificatePem: pem(certificate), keyPem: await exportKey(keys.privateKey) }
}

/**
 * Whether a pair can still be used: key and certificate belong together, the authority signed it,
 * it names all of `names`, and it lives longer than `remainMs` from now.
 */
export function isUsable(
  pair: CertificateAndKey,
  wanted: {
    readonly authorityPem: string
    readonly names: readonly string[]
    readonly nowMs: number
    readonly remainMs: number
  },
): boolean {
  try {
    const certificate = new X509Certificate(pair.certificatePem)
    const issuer = new X509Certificate(wanted.authorityPem)
    const named = wanted.names.every((name) =>
      isIP(name) > 0
        ? certificate.checkIP(name) !== undefined
        : certificate.subjectAltName?.split(', ').includes(`DNS:${name}`),
    )
    return (
      named &&
      certificate.verify(issuer.publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(pair.keyPem)) &&
      certificate.validFromDate.getTime() <= wanted.nowMs &&
      certificate.validToDate.getTime() > wanted.nowMs + wanted.remainMs
    )
  } catch {
    return false // not PEM, or cut short: as good as absent
  }
}

/**
 * NameConstraints, critical: permitted are `localhost` and what is below it, 127.0.0.0/8 and ::1.
 * Spelled as DER, since it is one constant value.
 */
function localhostOnly(): Extension {
  const dns = implicit(0x82, Buffer.from('localhost'))
  const ipv4 = implicit(0x87, Buffer.from([127, 0, 0, 0, 255, 0, 0, 0]))
  const ipv6 = implicit(
    0x87,
    Buffer.concat([Buffer.alloc(15), Buffer.of(1), Buffer.alloc(16, 255)]),
  )
  const subtrees = [dns, ipv4, ipv6].map((base) => implicit(0x30, base))
  const value = implicit(0x30, implicit(0xa0, Buffer.concat(subtrees)))
  return new Extension('2.5.29.30', true, value)
}

/** One DER element shorter than 128 bytes. */
function implicit(tag: number, content: Buffer): Buffer<ArrayBuffer> {
  return Buffer.concat([Buffer.of(tag, content.length), content])
}

function pem(certificate: Certificate): string {
  return `${certificate.toString('pem')}\n`
}

async function exportKey(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key))
  const options = { key: der, format: 'der', type: 'pkcs8' } as const
  return createPrivateKey(options).export({ format: 'pem', type: 'pkcs8' }).toString()
}

function importKey(keyPem: string): Promise<CryptoKey> {
  const der = createPrivateKey(keyPem).export({ format: 'der', type: 'pkcs8' })
  return crypto.subtle.importKey('pkcs8', new Uint8Array(der), ecdsaKey, false, ['sign'])
}
