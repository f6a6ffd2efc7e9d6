/**
 * Signed certificate timestamps in a certificate: what each log signed, byte for byte.
 *
 * A log signs the certificate as it was before the timestamps were put in, so the extension that
 * holds them is taken out again and every length around it corrected. Source: RFC 6962 §3.2, §3.3;
 * X.690 (DER).
 *
 * @module
 */
import { children, encode, EXTENSIONS, extensionsAmong, SEQUENCE, type Element } from './der.ts'

export type SignedTimestamp = {
  /** SHA-256 of the log's key, hex. */
  readonly logId: string
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number
  readonly extensions: Buffer
  readonly hash: number
  readonly signature: Buffer
}

/** OID 1.3.6.1.4.1.11129.2.4.2, as DER. */
const SCT_LIST = Buffer.from('060a2b06010401d679020402', 'hex')
const TIMESTAMPS_MAX = 20

/** The timestamps a certificate carries; empty when it carries none, or nonsense. */
export function timestampsOf(certificate: Uint8Array): readonly SignedTimestamp[] {
  const parts = readExtensions(certificate)
  const found = parts?.extensions.find(isTimestampList)
  const value = found && children(found.body).at(-1)
  const list = value && children(value.body)[0]?.body
  return list ? readList(list) : []
}

/**
 * The TBSCertificate as the log saw it; undefined when the certificate cannot be read.
 */
export function precertificateOf(certificate: Uint8Array): Buffer | undefined {
  const parts = readExtensions(certificate)
  if (!parts) return undefined
  const kept = parts.extensions.filter((extension) => !isTimestampList(extension))
  const list = encode(SEQUENCE, Buffer.concat(kept.map(({ whole }) => whole)))
  const fields = parts.fields.map((field) =>
    field.tag === EXTENSIONS ? encode(EXTENSIONS, list) : field.whole,
  )
  return encode(SEQUENCE, Buffer.concat(fields))
}

/** What the signature of a timestamp covers. @param issuerKeyHash SHA-256 of the issuer's SPKI. */
export function signedData(
  { atMs, extensions }: SignedTimestamp,
  issuerKeyHash: Uint8Array,
  precertificate: Uint8Array,
): Buffer {
  const head = Buffer.alloc(12)
  head.writeBigUInt64BE(BigInt(atMs), 2) // version 1 and "certificate timestamp" are zeros
  head.writeUInt16BE(1, 10) // a precertificate
  const size = Buffer.alloc(3)
  size.writeUIntBE(precertificate.length, 0, 3)
  const end = Buffer.alloc(2)
  end.writeUInt16BE(extensions.length, 0)
  return Buffer.concat([head, issuerKeyHash, size, precertificate, end, extensions])
}

function readExtensions(
  certificate: Uint8Array,
): { readonly fields: readonly Element[]; readonly extensions: readonly Element[] } | undefined {
  const outer = children(Buffer.from(certificate))[0]
  const tbs = outer && children(outer.body)[0]
  const fields = tbs ? children(tbs.body) : []
  const extensions = extensionsAmong(fields)
  return extensions ? { fields, extensions } : undefined
}

function isTimestampList({ body }: Element): boolean {
  return body.subarray(0, SCT_LIST.length).equals(SCT_LIST)
}

function readList(list: Buffer): SignedTimestamp[] {
  const found: SignedTimestamp[] = []
  let at = 2
  while (list.length - at >= 2 && found.length < TIMESTAMPS_MAX) {
    const item = list.subarray(at + 2, at + 2 + list.readUInt16BE(at))
    at += 2 + list.readUInt16BE(at)
    const extensionsEnd = item.length >= 43 ? 43 + item.readUInt16BE(41) : Infinity
    if (item[0] !== 0 || item.length < extensionsEnd + 4) continue
    found.push({
      logId: item.subarray(1, 33).toString('hex'),
      atMs: Number(item.readBigUInt64BE(33)),
      extensions: item.subarray(43, extensionsEnd),
      hash: item[extensionsEnd] ?? 0,
      signature: item.subarray(extensionsEnd + 4),
    })
  }
  return found
}
