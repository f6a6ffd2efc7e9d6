/**
 * DNS messages, as far as asking one question goes: a query out, an answer in, and whether the
 * resolver vouches that it is the signed one (AD). No sockets.
 *
 * Source: RFC 1035 §4, RFC 6891 (EDNS), RFC 4035 §3.2 (DO, AD), RFC 6698 §2 (TLSA).
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

/** Types we ask for. */
export const dnsTypes = { A: 1, MX: 15, AAAA: 28, TLSA: 52 } as const
export type DnsType = keyof typeof dnsTypes

export type DnsAnswer = {
  readonly id: number
  /** 0 no error, 2 SERVFAIL, 3 NXDOMAIN; RFC 6895 §2.3. */
  readonly rcode: number
  /** Cut to fit; ask again over TCP. */
  readonly truncated: boolean
  /** The resolver checked the signatures. Worth what the way to it is worth. */
  readonly authentic: boolean
  /** Data of the records of the asked type. */
  readonly data: readonly Uint8Array[]
}

const HEADER_SIZE = 12
const UDP_MAX = 1232
const NAME_MAX = 253
const LABEL_MAX = 63
const POINTERS_MAX = 20
const RECORDS_MAX = 200

/** @throws {ProtocolError} DNS_NAME_INVALID. */
export function encodeQuery(id: number, name: string, type: DnsType): Uint8Array {
  const labels = name.replace(/\.$/, '').split('.')
  const isFit = labels.every((label) => /^[\x21-\x2d\x2f-\x7e]+$/.test(label))
  if (!isFit || name.length > NAME_MAX || labels.some((label) => label.length > LABEL_MAX))
    throw new ProtocolError('DNS_NAME_INVALID', 'a name that cannot be asked for')
  const question = Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0, 0, dnsTypes[type], 0, 1]),
  ])
  const header = Buffer.alloc(HEADER_SIZE)
  header.writeUInt16BE(id, 0)
  header.writeUInt16BE(0x0120, 2) // recursion desired, AD understood
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(1, 10)
  // OPT: root name, type 41, our UDP size, no flags but DO.
  const edns = Buffer.from([0, 0, 41, UDP_MAX >> 8, UDP_MAX & 255, 0, 0, 0x80, 0, 0, 0])
  return Buffer.concat([header, question, edns])
}

/** @throws {ProtocolError} DNS_ANSWER_INVALID. */
export function decodeAnswer(bytes: Uint8Array, type: DnsType): DnsAnswer {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (message.length < HEADER_SIZE || (message[2] ?? 0) < 0x80) throw invalid('no answer')
  const flags = message.readUInt16BE(2)
  const answers = message.readUInt16BE(6)
  if (answers > RECORDS_MAX) throw invalid('too many records')
  let at = HEADER_SIZE
  for (let question = message.readUInt16BE(4); question > 0; question--) {
    at = skipName(message, at) + 4
    if (at > message.length) throw invalid('cut short')
  }
  const data: Uint8Array[] = []
  for (let left = answers; left > 0; left--) {
    at = skipName(message, at)
    if (at + 10 > message.length) throw invalid('cut short')
    const size = message.readUInt16BE(at + 8)
    const isAsked =
      message.readUInt16BE(at) === dnsTypes[type] && message.readUInt16BE(at + 2) === 1
    const body = message.subarray(at + 10, at + 10 + size)
    if (body.length !== size) throw invalid('cut short')
    if (isAsked) data.push(type === 'MX' ? mxData(message, at + 10, size) : body)
    at += 10 + size
  }
  return {
    id: message.readUInt16BE(0),
    rcode: flags & 15,
    truncated: (flags & 0x0200) !== 0,
    authentic: (flags & 0x0020) !== 0,
    data,
  }
}

/** Preference and the exchange's name in plain letters, in place of what points elsewhere. */
function mxData(message: Buffer, at: number, size: number): Uint8Array {
  if (size < 3) throw invalid('an MX without a name')
  return Buffer.concat([message.subarray(at, at + 2), Buffer.from(readName(message, at + 2))])
}

function skipName(message: Buffer, from: number): number {
  let at = from
  for (;;) {
    const size = message[at]
    if (size === undefined) throw invalid('cut short')
    if (size >= 0xc0) return at + 2
    if (size > LABEL_MAX) throw invalid('a label of no kind')
    at += size + 1
    if (size === 0) return at
  }
}

function readName(message: Buffer, from: number): string {
  const labels: string[] = []
  let at = from
  for (let pointers = 0; ;) {
    const size = message[at]
    if (size === undefined) throw invalid('cut short')
    if (size >= 0xc0) {
      if (++pointers > POINTERS_MAX || at + 2 > message.length) throw invalid('names in a circle')
      at = message.readUInt16BE(at) & 0x3fff
      continue
    }
    if (size > LABEL_MAX) throw invalid('a label of no kind')
    if (size === 0) return labels.join('.')
    labels.push(message.toString('latin1', at + 1, at + 1 + size).toLowerCase())
    if (labels.length > 127) throw invalid('a name too long')
    at += size + 1
  }
}

function invalid(what: string): ProtocolError {
  return new ProtocolError('DNS_ANSWER_INVALID', `the resolver sent ${what}`)
}
