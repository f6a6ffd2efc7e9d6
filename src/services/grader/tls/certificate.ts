/**
 * The certificate a server shows, and whether a visitor would trust it.
 *
 * @module
 */
import { once } from 'node:events'
import type { X509Certificate } from 'node:crypto'
import { connect, rootCertificates, type ConnectionOptions } from 'node:tls'
import { FaultError } from '#lib/errors.ts'
import { timestampsOf } from '#protocol/tls/sct.ts'
import type { TlsAddress } from './ask.ts'
import { checkTimestamps, type KnownLogs, type TimestampReport } from './transparency.ts'

export type CertificateReport = {
  readonly subject: string
  readonly issuer: string
  readonly validTo: Date
  readonly keyType: 'rsa' | 'ec' | 'other'
  readonly keyBits: number
  /** As OpenSSL names it, in lower case. */
  readonly signature: string
  /** Why it is not trusted; undefined when it is. */
  readonly distrust: string | undefined
  readonly nameMatches: boolean
  /** Whether one of the authorities that every system has vouches for it. */
  readonly publiclyTrusted: boolean
  /** Proofs of registration in the certificate itself: identifiers of their logs, in hex. */
  readonly logs: readonly string[]
  /** The same proofs, with whether their signatures hold. */
  readonly timestamps: readonly TimestampReport[]
  /** Whether the server sent what leads from its certificate to one that vouches for itself. */
  readonly chain: 'complete' | 'incomplete'
}

export type CertificateOptions = {
  readonly serverName: string | undefined
  /** Authorities trusted besides the usual ones, PEM. */
  readonly ca: string | undefined
  /** Logs whose signatures can be checked. */
  readonly ctLogs?: KnownLogs | undefined
}

const PATIENCE_MS = 5_000

/** @throws {FaultError} GRADE_NOT_REACHED when no handshake succeeds. */
export async function inspectCertificate(
  address: TlsAddress,
  { serverName, ca, ctLogs }: CertificateOptions,
  signal: AbortSignal,
): Promise<CertificateReport> {
  const roots = ca === undefined ? [...rootCertificates] : [...rootCertificates, ca]
  const given = await show(address, serverName, roots, signal)
  const usual = ca === undefined ? given : await show(address, serverName, undefined, signal)
  const { certificate, fault } = given
  const details = certificate.publicKey.asymmetricKeyDetails
  const type = certificate.publicKey.asymmetricKeyType
  const curveBits: Readonly<Record<string, number>> = {
    prime256v1: 256,
    secp384r1: 384,
    secp521r1: 521,
  }
  return {
    subject: certificate.subject.replaceAll('\n', ', '),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    validTo: new Date(certificate.validTo),
    keyType: type === 'rsa' || type === 'ec' ? type : 'other',
    keyBits: details?.modulusLength ?? curveBits[details?.namedCurve ?? ''] ?? 256,
    signature: (certificate.signatureAlgorithm ?? '').toLowerCase(),
    distrust: fault === 'ERR_TLS_CERT_ALTNAME_INVALID' ? undefined : fault,
    nameMatches: serverName === undefined || certificate.checkHost(serverName) !== undefined,
    publiclyTrusted: usual.fault === undefined,
    logs: timestampsOf(certificate.raw).map(({ logId }) => logId),
    timestamps: checkTimestamps(certificate, certificate.issuerCertificate, ctLogs ?? new Map()),
    chain: incomplete.has(fault ?? '') && !isSelfSigned(certificate) ? 'incomplete' : 'complete',
  }
}

/** What OpenSSL says when it finds nobody who signed the last certificate it was sent. */
const incomplete: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer
}

async function show(
  { host, port }: TlsAddress,
  serverName: string | undefined,
  ca: string[] | undefined,
  signal: AbortSignal,
): Promise<{ certificate: X509Certificate; fault: string | undefined }> {
  const options: ConnectionOptions = {
    host,
    port,
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    ciphers: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0', // whatever it has: the certificate is wanted
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(ca === undefined ? {} : { ca }),
  }
  const socket = connect(options)
  try {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
    await once(socket, 'secureConnect', { signal: bound })
    const certificate = socket.getPeerX509Certificate()
    if (!certificate) throw new Error('it shows no certificate')
    const fault = socket.authorized ? undefined : faultOf(socket.authorizationError)
    return { certificate, fault }
  } catch (cause) {
    signal.throwIfAborted()
    const message = `${host}:${port} completes no TLS handshake: ${(cause as Error).message}`
    throw new FaultError('GRADE_NOT_REACHED', message, { cause })
  } finally {
    socket.destroy()
  }
}

/** Node.js gives a code, or an error with one. */
function faultOf(fault: unknown): string {
  return fault instanceof Error
    ? ((fault as NodeJS.ErrnoException).code ?? 'UNKNOWN')
    : String(fault)
}
