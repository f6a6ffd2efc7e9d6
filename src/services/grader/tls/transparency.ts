/**
 * Whether the proofs in a certificate that it is in public logs were really signed by those logs.
 *
 * The keys of the logs come from a list that the operator names, in the form that browsers' makers
 * publish (`log_list.json`, version 3). A log that is not in it is unknown, and proves nothing.
 *
 * @module
 */
import {
  createHash,
  createPublicKey,
  verify,
  type KeyObject,
  type X509Certificate,
} from 'node:crypto'
import { z } from 'zod'
import { FaultError } from '#lib/errors.ts'
import {
  precertificateOf,
  signedData,
  timestampsOf,
  type SignedTimestamp,
} from '#protocol/tls/sct.ts'

export type KnownLog = { readonly name: string; readonly operator: string; readonly key: KeyObject }

/** Log id, hex → the log. */
export type KnownLogs = ReadonlyMap<string, KnownLog>

export type TimestampReport = {
  readonly logId: string
  readonly log: string | undefined
  readonly operator: string | undefined
  readonly atMs: number
  readonly verdict: 'valid' | 'invalid' | 'unknown-log' | 'no-issuer'
}

const logSchema = z.object({ description: z.string().max(256), key: z.string().max(4096) })
const listSchema = z.object({
  operators: z
    .array(
      z.object({
        name: z.string().max(256),
        logs: z.array(logSchema).max(200).default([]),
        tiled_logs: z.array(logSchema).max(200).default([]),
      }),
    )
    .max(100),
})

/** Reads a list. @throws {FaultError} CT_LOGS_UNREADABLE. */
export function readKnownLogs(text: string): KnownLogs {
  try {
    const { operators } = listSchema.parse(JSON.parse(text))
    return new Map(
      operators.flatMap(({ name: operator, logs, tiled_logs: tiled }) =>
        [...logs, ...tiled].map(({ description, key }) => {
          const der = Buffer.from(key, 'base64')
          const id = createHash('sha256').update(der).digest('hex')
          const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' })
          return [id, { name: description, operator, key: publicKey }] as const
        }),
      ),
    )
  } catch (cause) {
    const message = `not a list of logs (log_list.json, version 3): ${(cause as Error).message}`
    throw new FaultError('CT_LOGS_UNREADABLE', message, { cause })
  }
}

/** Judges each timestamp of a certificate. @param issuer As the server sent it. */
export function checkTimestamps(
  certificate: X509Certificate,
  issuer: X509Certificate | undefined,
  logs: KnownLogs,
): readonly TimestampReport[] {
  const precertificate = precertificateOf(certificate.raw)
  const issuerKey = issuer?.publicKey.export({ type: 'spki', format: 'der' })
  const issuerHash = issuerKey && createHash('sha256').update(issuerKey).digest()
  return timestampsOf(certificate.raw).map((timestamp) => {
    const { logId, atMs } = timestamp
    const log = logs.get(logId)
    const known = { logId, log: log?.name, operator: log?.operator, atMs }
    if (!log) return { ...known, verdict: 'unknown-log' }
    if (!issuerHash || !precertificate) return { ...known, verdict: 'no-issuer' }
    const data = signedData(timestamp, issuerHash, precertificate)
    return { ...known, verdict: isSigned(timestamp, data, log.key) ? 'valid' : 'invalid' }
  })
}

const SHA256 = 4

function isSigned({ hash, signature }: SignedTimestamp, data: Buffer, key: KeyObject): boolean {
  try {
    return hash === SHA256 && verify('sha256', data, key, signature)
  } catch {
    return false // a signature that is none
  }
}
