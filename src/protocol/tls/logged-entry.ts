/**
 * Data tiles of a public log: up to 256 certificates in a row, each as the log's tree has it.
 *
 * What a tile has beside the leaf (the precertificate whole, the chain) is no part of the tree, so
 * nobody signed it; it is passed over. Source: C2SP static-ct-api, "Log entries"; RFC 6962 §3.4.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { children, encode, extensionsAmong, fieldsOf, SEQUENCE } from './der.ts'

export type LoggedEntry = {
  /** The MerkleTreeLeaf, whose hash stands in the tree. */
  readonly leaf: Buffer
  /** The TBSCertificate, of a certificate or of a precertificate. */
  readonly tbs: Buffer
}

const ENTRIES_MAX = 256
const X509 = 0
const PRECERTIFICATE = 1
const FINGERPRINT_SIZE = 32
/** Version 1, "timestamped entry". */
const LEAF_START = Buffer.from([0, 0])

/** @throws {ProtocolError} CT_TILE_INVALID. */
export function readDataTile(tile: Buffer): LoggedEntry[] {
  const entries: LoggedEntry[] = []
  let at = 0
  const take = (size: number): Buffer => {
    if (size > tile.length - at || entries.length === ENTRIES_MAX) {
      throw new ProtocolError('CT_TILE_INVALID', `entry ${entries.length} of a tile is cut`)
    }
    at += size
    return tile.subarray(at - size, at)
  }
  const takeSized = (bytes: 2 | 3): Buffer => take(take(bytes).readUIntBE(0, bytes))
  while (at < tile.length) {
    const start = at
    const type = take(8 + 2).readUInt16BE(8) // after the time
    if (type !== X509 && type !== PRECERTIFICATE) {
      throw new ProtocolError('CT_TILE_INVALID', `an entry of type ${type}`)
    }
    if (type === PRECERTIFICATE) take(FINGERPRINT_SIZE) // of the issuer's key
    const signed = takeSized(3)
    takeSized(2) // extensions
    const leaf = Buffer.concat([LEAF_START, tile.subarray(start, at)])
    if (type === PRECERTIFICATE) takeSized(3)
    takeSized(2) // the chain
    entries.push({ leaf, tbs: type === X509 ? tbsOf(signed) : signed })
  }
  return entries
}

function tbsOf(certificate: Buffer): Buffer {
  const outer = children(certificate)[0]
  return (outer && children(outer.body)[0]?.whole) ?? Buffer.alloc(0)
}

/** OID 2.5.29.17, as DER. */
const ALTERNATIVE_NAMES = Buffer.from('0603551d11', 'hex')
const DNS_NAME = 0x82
/** Of a TBSCertificate that does not say its version: the algorithm is the field before. */
const EXPLICIT_VERSION = 0xa0

/** The DNS names a TBSCertificate is for, in lower case; none when it cannot be read. */
export function dnsNamesOf(tbs: Buffer): readonly string[] {
  const names: string[] = []
  for (const { body } of extensionsAmong(fieldsOf(tbs)) ?? []) {
    if (!body.subarray(0, ALTERNATIVE_NAMES.length).equals(ALTERNATIVE_NAMES)) continue
    const value = children(body).at(-1)
    const list = value && children(value.body)[0]
    for (const name of list ? children(list.body) : []) {
      if (name.tag === DNS_NAME) names.push(name.body.toString('latin1').toLowerCase())
    }
  }
  return names
}

/** A certificate without a signature, of what a log signed, for readers of whole certificates. */
export function asCertificate(tbs: Buffer): Buffer {
  const fields = fieldsOf(tbs)
  const algorithm = fields[fields[0]?.tag === EXPLICIT_VERSION ? 2 : 1]
  const none = Buffer.from([0x03, 0x02, 0x00, 0x00]) // a bit string of eight zeros
  return encode(SEQUENCE, Buffer.concat([tbs, algorithm?.whole ?? Buffer.alloc(0), none]))
}
