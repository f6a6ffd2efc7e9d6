/**
 * ClientHello messages that no TLS library would send: any version, any suites, no keys.
 *
 * For TLS 1.3 no key share is offered, so that the server names its choice in a HelloRetryRequest
 * and nobody has to compute anything. Source: RFC 8446 §4.1.2, RFC 5246 §7.4.1.2, RFC 6101.
 *
 * @module
 */

/** Version numbers on the wire. */
export const versions: Readonly<Record<'ssl3' | 'tls10' | 'tls11' | 'tls12' | 'tls13', number>> = {
  ssl3: 0x0300,
  tls10: 0x0301,
  tls11: 0x0302,
  tls12: 0x0303,
  tls13: 0x0304,
}

export const extensions = {
  serverName: 0,
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  heartbeat: 15,
  extendedMasterSecret: 23,
  sessionTicket: 35,
  supportedVersions: 43,
  keyShare: 51,
  renegotiation: 0xff01,
} as const

/** Says that a client has fallen back to a lower version. Source: RFC 7507. */
export const FALLBACK_SCSV = 0x5600

export type HelloOptions = {
  readonly version: number
  readonly suites: readonly number[]
  /** 32 bytes. */
  readonly random: Uint8Array
  readonly serverName?: string | undefined
  readonly groups?: readonly number[]
  /** Compression methods; 1 is DEFLATE. */
  readonly compression?: readonly number[]
  readonly heartbeat?: boolean
  /** At most 32 bytes. */
  readonly session?: Uint8Array
  /** A session ticket to resume with; empty asks for one. */
  readonly ticket?: Uint8Array
}

/** Groups a server is likely to have, by number. Source: IANA, "TLS Supported Groups". */
export const groupNames: ReadonlyMap<number, string> = new Map([
  [0x11ec, 'X25519MLKEM768'],
  [0x11eb, 'SecP256r1MLKEM768'],
  [0x11ed, 'SecP384r1MLKEM1024'],
  [29, 'x25519'],
  [30, 'x448'],
  [23, 'secp256r1'],
  [24, 'secp384r1'],
  [25, 'secp521r1'],
  [26, 'brainpoolP256r1'],
  [27, 'brainpoolP384r1'],
  [28, 'brainpoolP512r1'],
  [22, 'secp256k1'],
  [21, 'secp224r1'],
  [19, 'secp192r1'],
  [256, 'ffdhe2048'],
  [257, 'ffdhe3072'],
  [258, 'ffdhe4096'],
])

/** Every pair of hash and signature a client of the last twenty years took, and the modern ones. */
const signatures: readonly number[] = (
  '0403 0503 0603 0807 0808 0804 0805 0806 0809 080a 080b ' +
  '0401 0501 0601 0301 0303 0201 0203 0202 0402 0101'
)
  .split(' ')
  .map((hex) => Number.parseInt(hex, 16))

/** A whole record. */
export function encodeClientHello(options: HelloOptions): Uint8Array {
  const legacy = Math.min(options.version, versions.tls12)
  const body = Buffer.concat([
    u16(legacy),
    options.random,
    vector8(options.session ?? Buffer.alloc(0)),
    vector16(Buffer.concat(options.suites.map(u16))),
    vector8(Uint8Array.from(options.compression ?? [0])),
    ...(options.version === versions.ssl3 ? [] : [vector16(extensionsOf(options))]),
  ])
  const length = body.length
  const message = Buffer.concat([
    Uint8Array.of(1, length >> 16, (length >> 8) & 255, length & 255),
    body,
  ])
  // Old servers refuse a record of a version newer than TLS 1.0 before they have read the message.
  const record = Math.min(options.version, versions.tls10)
  return Buffer.concat([u8(22), u16(record), vector16(message)])
}

function extensionsOf(options: HelloOptions): Buffer {
  const { version, serverName, groups, heartbeat, ticket } = options
  const numbers = groups ?? [...groupNames.keys()]
  const name = serverName === undefined ? undefined : Buffer.from(serverName, 'latin1')
  return Buffer.concat([
    ...(name
      ? [extension(extensions.serverName, vector16(Buffer.concat([u8(0), vector16(name)])))]
      : []),
    extension(extensions.supportedGroups, vector16(Buffer.concat(numbers.map(u16)))),
    extension(extensions.pointFormats, vector8(u8(0))),
    extension(extensions.signatureAlgorithms, vector16(Buffer.concat(signatures.map(u16)))),
    extension(extensions.extendedMasterSecret, Buffer.alloc(0)),
    extension(extensions.renegotiation, vector8(Buffer.alloc(0))),
    ...(ticket ? [extension(extensions.sessionTicket, ticket)] : []),
    ...(heartbeat === true ? [extension(extensions.heartbeat, u8(1))] : []),
    ...(version < versions.tls13
      ? []
      : [
          extension(extensions.supportedVersions, vector8(u16(version))),
          extension(extensions.keyShare, vector16(Buffer.alloc(0))),
        ]),
  ])
}

/** SSL 2 CLIENT-HELLO with every suite of SSL 2. Source: the SSL 0.2 protocol. */
export function encodeSslTwoHello(challenge: Uint8Array): Uint8Array {
  const kinds = [0x010080, 0x020080, 0x030080, 0x040080, 0x050080, 0x060040, 0x0700c0]
  const specs = Buffer.concat(
    kinds.map((kind) => Uint8Array.of(kind >> 16, (kind >> 8) & 255, kind & 255)),
  )
  const lengths = Buffer.concat([u16(specs.length), u16(0), u16(challenge.length)])
  const body = Buffer.concat([Uint8Array.of(1, 0, 2), lengths, specs, challenge])
  return Buffer.concat([u16(0x8000 | body.length), body])
}

/** Whether an answer is an SSL 2 SERVER-HELLO that offers at least one suite. */
export function isSslTwoHello(reply: Uint8Array): boolean {
  if (reply.length < 13 || ((reply[0] ?? 0) & 0x80) === 0 || reply[2] !== 4) return false
  return reply[5] === 0 && reply[6] === 2 && ((reply[9] ?? 0) << 8) + (reply[10] ?? 0) > 0
}

function extension(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([u16(type), vector16(body)])
}

function u8(value: number): Uint8Array {
  return Uint8Array.of(value)
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255)
}

function vector8(body: Uint8Array): Buffer {
  return Buffer.concat([u8(body.length), body])
}

function vector16(body: Uint8Array): Buffer {
  return Buffer.concat([u16(body.length), body])
}
