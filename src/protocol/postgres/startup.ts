/**
 * The untyped packets that open a connection: what the client wants before it says who it is.
 *
 * Source: PostgreSQL documentation, "Message Formats" (StartupMessage, SSLRequest, GSSENCRequest,
 * CancelRequest) and "Protocol Versions"; backend_startup.c, ProcessStartupPacket (PostgreSQL 18).
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { int32 } from './frame.ts'

export type StartupPacket =
  | { readonly kind: 'ssl-request' }
  | { readonly kind: 'gss-request' }
  /** A TLS ClientHello: the client begins TLS at once. Nothing of it is consumed. */
  | { readonly kind: 'direct-tls' }
  | { readonly kind: 'cancel'; readonly pid: number; readonly key: Uint8Array }
  | { readonly kind: 'unsupported'; readonly version: string }
  | Startup

export type Startup = {
  readonly kind: 'startup'
  /** Minor version asked for; the major is 3. */
  readonly minor: number
  readonly parameters: ReadonlyMap<string, string>
  /** Names of protocol options, `_pq_.…`: between client and us, never for the server. */
  readonly options: readonly string[]
}

/** MAX_STARTUP_PACKET_LENGTH of PostgreSQL's pqcomm.h, bytes, counting the length itself. */
export const STARTUP_SIZE_MAX = 10_000
const STARTUP_SIZE_MIN = 8
const KEY_SIZE_MAX = 256
const TLS_HANDSHAKE = 0x16
const MAJOR = 3
/** 3.1 was never used; 3.2 (PostgreSQL 18) brings longer cancel keys. */
export const MINOR_MAX = 2

const CANCEL = 80877102
const SSL = 80877103
const GSS = 80877104

/**
 * Reads the packet that `bytes` begin with.
 *
 * @returns The packet and its size in bytes, or undefined when more bytes are needed.
 * @throws {ProtocolError} PG_LENGTH_INVALID, PG_LENGTH_TOO_LARGE or PG_STARTUP_INVALID.
 */
export function readStartup(
  bytes: Uint8Array,
): { readonly packet: StartupPacket; readonly size: number } | undefined {
  if (bytes[0] === TLS_HANDSHAKE) return { packet: { kind: 'direct-tls' }, size: 0 }
  if (bytes.length < 4) return undefined
  const size = int32(bytes, 0)
  if (size > STARTUP_SIZE_MAX) throw new ProtocolError('PG_LENGTH_TOO_LARGE', `startup ${size}`)
  if (size < STARTUP_SIZE_MIN) throw new ProtocolError('PG_LENGTH_INVALID', `startup ${size}`)
  if (bytes.length < size) return undefined
  return { packet: readPacket(bytes.subarray(0, size)), size }
}

function readPacket(bytes: Uint8Array): StartupPacket {
  const code = int32(bytes, 4)
  if (code === SSL && bytes.length === 8) return { kind: 'ssl-request' }
  if (code === GSS && bytes.length === 8) return { kind: 'gss-request' }
  if (code === CANCEL) return readCancel(bytes)
  if (code >> 16 !== MAJOR) {
    return { kind: 'unsupported', version: `${code >>> 16}.${code & 0xffff}` }
  }
  return readParameters(code & 0xffff, bytes.subarray(8))
}

function readCancel(bytes: Uint8Array): StartupPacket {
  const key = bytes.slice(12)
  if (key.length < 4 || key.length > KEY_SIZE_MAX) {
    throw new ProtocolError('PG_STARTUP_INVALID', `cancel key of ${key.length} bytes`)
  }
  return { kind: 'cancel', pid: int32(bytes, 8), key }
}

function readParameters(minor: number, bytes: Uint8Array): Startup {
  const parameters = new Map<string, string>()
  const options: string[] = []
  let at = 0
  while (bytes[at] !== 0) {
    const nameEnd = bytes.indexOf(0, at)
    const valueEnd = nameEnd === -1 ? -1 : bytes.indexOf(0, nameEnd + 1)
    if (valueEnd === -1) throw invalid('a parameter without its end')
    const name = utf8(bytes.subarray(at, nameEnd))
    if (name.startsWith('_pq_.')) options.push(name)
    else if (parameters.has(name))
      throw invalid(`parameter ${name} twice`) // which would count?
    else parameters.set(name, utf8(bytes.subarray(nameEnd + 1, valueEnd)))
    at = valueEnd + 1
  }
  if (at !== bytes.length - 1) throw invalid('bytes after the last parameter')
  return { kind: 'startup', minor, parameters, options }
}

/** A name that changes when decoded could mean one thing to us and another to the server. */
function utf8(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw invalid('a parameter is not UTF-8')
  return text
}

function invalid(message: string): ProtocolError {
  return new ProtocolError('PG_STARTUP_INVALID', message)
}
