/**
 * What a server answers to a ClientHello, as far as it comes in the clear.
 *
 * @module
 */
import { extensions, versions } from './hello.ts'
import { suiteOf } from './suites.ts'

export type ServerHello = {
  /** The version agreed on, that of TLS 1.3 included. */
  readonly version: number
  readonly suite: number
  readonly compression: number
  /** Types of the extensions it answered with. */
  readonly extensions: ReadonlySet<number>
  /** The group named by a HelloRetryRequest, or by the key exchange of older versions. */
  readonly group: number | undefined
  /** Size of the prime of a finite-field exchange. */
  readonly primeBits: number | undefined
}

export type Flight = {
  readonly hello: ServerHello | undefined
  /** Description of a fatal alert. Source: RFC 8446 §6. */
  readonly alert: number | undefined
  /** Whether nothing more is to be expected without an answer of ours. */
  readonly complete: boolean
  /** Whether it is TLS at all, as far as it goes. */
  readonly sane: boolean
}

const RECORD_MAX = 16_384 + 2_048
const contentTypes = { changeCipherSpec: 20, alert: 21, handshake: 22 }
const messages = { serverHello: 2, serverKeyExchange: 12, serverHelloDone: 14 }

/** Reads what has come so far; called again with more. */
export function readFlight(bytes: Uint8Array): Flight {
  let handshake = Buffer.alloc(0)
  let at = 0
  while (bytes.length - at >= 5) {
    const type = bytes[at] ?? 0
    const size = u16(bytes, at + 3)
    const known = type >= contentTypes.changeCipherSpec && type <= 24
    if (!known || bytes[at + 1] !== 3 || size > RECORD_MAX) return { ...nothing, sane: false }
    const body = bytes.subarray(at + 5, at + 5 + size)
    if (body.length < size) break
    if (type === contentTypes.alert && size === 2) {
      const read = readHandshake(handshake)
      const fatal = body[0] === 2
      if (fatal) return { ...read, alert: body[1], complete: true }
    }
    if (type === contentTypes.handshake) handshake = Buffer.concat([handshake, body])
    at += 5 + size
  }
  return readHandshake(handshake)
}

const nothing: Flight = { hello: undefined, alert: undefined, complete: false, sane: true }

function readHandshake(bytes: Buffer): Flight {
  let hello: ServerHello | undefined
  let at = 0
  while (bytes.length - at >= 4) {
    const type = bytes[at] ?? 0
    const size = bytes.readUIntBE(at + 1, 3)
    const body = bytes.subarray(at + 4, at + 4 + size)
    if (body.length < size) break
    at += 4 + size
    if (type === messages.serverHello) {
      hello = readServerHello(body)
      if (!hello) return { ...nothing, sane: false }
      // All that follows in TLS 1.3 is encrypted.
      if (hello.version === versions.tls13) return { ...nothing, hello, complete: true }
    } else if (type === messages.serverKeyExchange && hello) {
      hello = { ...hello, ...readKeyExchange(body, hello.suite) }
    } else if (type === messages.serverHelloDone) return { ...nothing, hello, complete: true }
  }
  return { ...nothing, hello }
}

function readServerHello(body: Buffer): ServerHello | undefined {
  if (body.length < 38) return undefined
  const sessionSize = body[34] ?? 0
  const at = 35 + sessionSize
  if (body.length < at + 3) return undefined
  const found = new Map<number, Buffer>()
  let cursor = at + 5
  while (body.length - cursor >= 4) {
    const size = u16(body, cursor + 2)
    found.set(u16(body, cursor), body.subarray(cursor + 4, cursor + 4 + size))
    cursor += 4 + size
  }
  const chosen = found.get(extensions.supportedVersions)
  const share = found.get(extensions.keyShare)
  return {
    version: chosen && chosen.length >= 2 ? u16(chosen, 0) : u16(body, 0),
    suite: u16(body, at),
    compression: body[at + 2] ?? 0,
    extensions: new Set(found.keys()),
    group: share && share.length >= 2 ? u16(share, 0) : undefined,
    primeBits: undefined,
  }
}

/** ECDHE names a curve after its type (3); DHE begins with the length of its prime. */
function readKeyExchange(body: Buffer, suite: number): Pick<ServerHello, 'group' | 'primeBits'> {
  const { keyExchange } = suiteOf(suite)
  if (keyExchange === 'ecdhe') {
    return { group: body[0] === 3 ? u16(body, 1) : undefined, primeBits: undefined }
  }
  const prime = body.subarray(2, 2 + u16(body, 0))
  const first = prime.findIndex((byte) => byte > 0)
  if (keyExchange !== 'dhe' || first < 0) return { group: undefined, primeBits: undefined }
  const topBits = 32 - Math.clz32(prime[first] ?? 0)
  return { group: undefined, primeBits: (prime.length - first - 1) * 8 + topBits }
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
