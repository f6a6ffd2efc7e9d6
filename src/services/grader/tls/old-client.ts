/**
 * A TLS client of versions 1.0 to 1.2 that completes a handshake with keys of its own, so that it
 * can go on to send what no library would.
 *
 * It checks no certificate and no signature: it only asks how a server behaves.
 *
 * @module
 */
import {
  createDiffieHellman,
  createECDH,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  publicEncrypt,
  constants,
  randomBytes,
  X509Certificate,
} from 'node:crypto'
import { encodeClientHello, extensions, versions } from '#protocol/tls/hello.ts'
import {
  contentTypes,
  encodeMessage,
  encodeRecord,
  readMessages,
  readRecords,
  type HandshakeMessage,
} from '#protocol/tls/messages.ts'
import {
  cipherKindOf,
  deriveKeys,
  prf,
  RecordCipher,
  transcriptHash,
  type CipherKind,
} from '#protocol/tls/record-cipher.ts'
import { readFlight, type ServerHello } from '#protocol/tls/server-flight.ts'
import { suiteOf } from '#protocol/tls/suites.ts'
import { Question, type TlsAddress } from './ask.ts'

export type OldOffer = {
  readonly version: number
  readonly suites: readonly number[]
  readonly serverName: string | undefined
  readonly session?: Uint8Array
  readonly ticket?: Uint8Array
}

/** A server's first flight, read. */
export type FirstFlight = {
  readonly question: Question
  readonly hello: ServerHello
  readonly random: { readonly client: Buffer; readonly server: Buffer }
  /** The session number it answered with. */
  readonly session: Buffer
  readonly messages: readonly HandshakeMessage[]
  /** Own hello, then its messages. */
  readonly transcript: readonly Buffer[]
}

/** A connection with keys on both sides. */
export type OldConnection = Disposable & {
  readonly question: Question
  readonly write: RecordCipher
  readonly read: RecordCipher
  readonly ticket: Buffer | undefined
}

const types = { certificate: 11, keyExchange: 12, certificateRequest: 13, ticket: 4 } as const
const CLIENT_KEY_EXCHANGE = 16
const FINISHED = 20
const VERIFY_SIZE = 12
const MASTER_SIZE = 48

/** Says hello and reads until the server has nothing more to say. The caller closes. */
export async function openFlight(
  address: TlsAddress,
  offer: OldOffer,
  signal: AbortSignal,
): Promise<FirstFlight | undefined> {
  const question = await Question.open(address, signal)
  const client = randomBytes(32)
  // The groups we can compute with.
  const hello = encodeClientHello({ ...offer, random: client, groups: [29, 23] })
  question.send(hello)
  // A session taken up again has no end of the first flight, but the change to its keys.
  await question.until((bytes) => readFlight(bytes).complete || changesCipher(bytes))
  const bodies = readRecords(question.bytes).records.flatMap(({ type, body }) =>
    type === contentTypes.handshake ? [body] : [],
  )
  const messages = readMessages(Buffer.concat(bodies))
  const flight = readFlight(question.bytes)
  const first = messages[0]?.body
  if (!flight.hello || !first || flight.hello.version !== offer.version) {
    question[Symbol.dispose]()
    return undefined
  }
  const size = first[34] ?? 0
  return {
    question,
    hello: flight.hello,
    random: { client, server: first.subarray(2, 34) },
    session: first.subarray(35, 35 + size),
    messages,
    transcript: [Buffer.from(hello.subarray(5)), ...messages.map(({ whole }) => whole)],
  }
}

function changesCipher(bytes: Uint8Array): boolean {
  return readRecords(bytes).records.some(({ type }) => type === contentTypes.changeCipherSpec)
}

/** The whole handshake; undefined when it does not come about. */
export async function openOldConnection(
  address: TlsAddress,
  offer: OldOffer,
  signal: AbortSignal,
): Promise<OldConnection | undefined> {
  const flight = await openFlight(address, offer, signal)
  if (!flight) return undefined
  const connection = await finish(flight, offer.version)
  if (!connection) flight.question[Symbol.dispose]()
  return connection
}

async function finish(flight: FirstFlight, version: number): Promise<OldConnection | undefined> {
  const { hello, question, random } = flight
  const kind = cipherKindOf(hello.suite)
  const exchanged = kind && exchangeKeys(flight, version)
  if (!kind || !exchanged) return undefined
  const asked = flight.messages.some(({ type }) => type === types.certificateRequest)
  const none = asked ? [encodeMessage(types.certificate, Buffer.from([0, 0, 0]))] : []
  const keyMessage = encodeMessage(CLIENT_KEY_EXCHANGE, exchanged.message)
  const transcript = [...flight.transcript, ...none, keyMessage]
  const master = masterOf(flight, version, kind, exchanged.secret, transcript)
  const keys = deriveKeys(version, kind, master, random)
  const write = new RecordCipher(version, kind, keys.client)
  const read = new RecordCipher(version, kind, keys.server)
  const hash = transcriptHash(version, kind.prf, transcript)
  const verify = prf(version, kind.prf, master, 'client finished', hash, VERIFY_SIZE)
  const { handshake, changeCipherSpec } = contentTypes
  question.forget()
  question.send(
    Buffer.concat([
      ...[...none, keyMessage].map((message) => encodeRecord(handshake, version, message)),
      encodeRecord(changeCipherSpec, version, Buffer.from([1])),
      write.seal(handshake, encodeMessage(FINISHED, verify), randomBytes(16)),
    ]),
  )
  await question.until((bytes) => {
    const { records } = readRecords(bytes)
    const at = records.findIndex(({ type }) => type === changeCipherSpec)
    return (
      records.some(({ type }) => type === contentTypes.alert) ||
      (at >= 0 && at < records.length - 1)
    )
  })
  const { records } = readRecords(question.bytes)
  const at = records.findIndex(({ type }) => type === changeCipherSpec)
  const last = records[at + 1]
  if (at < 0 || !last || !read.open(handshake, last.body)) return undefined
  const before = readMessages(Buffer.concat(records.slice(0, at).map(({ body }) => body)))
  const ticket = before.find(({ type }) => type === types.ticket)?.body.subarray(6)
  question.forget()
  return { question, write, read, ticket, [Symbol.dispose]: () => question[Symbol.dispose]() }
}

function masterOf(
  { hello, random }: FirstFlight,
  version: number,
  kind: CipherKind,
  secret: Buffer,
  transcript: readonly Buffer[],
): Buffer {
  if (hello.extensions.has(extensions.extendedMasterSecret)) {
    const seed = transcriptHash(version, kind.prf, transcript)
    return prf(version, kind.prf, secret, 'extended master secret', seed, MASTER_SIZE)
  }
  const seed = Buffer.concat([random.client, random.server])
  return prf(version, kind.prf, secret, 'master secret', seed, MASTER_SIZE)
}

type Exchanged = { readonly secret: Buffer; readonly message: Buffer }

function exchangeKeys(flight: FirstFlight, version: number): Exchanged | undefined {
  const { keyExchange } = suiteOf(flight.hello.suite)
  const params = flight.messages.find(({ type }) => type === types.keyExchange)?.body
  if (keyExchange === 'rsa') return rsaExchange(flight, version)
  if (keyExchange === 'ecdhe' && params) return curveExchange(params)
  return keyExchange === 'dhe' && params ? fieldExchange(params) : undefined
}

/** The RSA key of the certificate shown; undefined when it is another kind. */
export function rsaKeyOf(
  flight: FirstFlight,
): { readonly pem: string; readonly size: number } | undefined {
  const list = flight.messages.find(({ type }) => type === types.certificate)?.body
  if (!list || list.length < 7) return undefined
  const der = list.subarray(6, 6 + list.readUIntBE(3, 3))
  try {
    const key = new X509Certificate(der).publicKey
    const bits = key.asymmetricKeyDetails?.modulusLength
    if (key.asymmetricKeyType !== 'rsa' || bits === undefined) return undefined
    return { pem: String(key.export({ type: 'spki', format: 'pem' })), size: Math.ceil(bits / 8) }
  } catch {
    return undefined // a certificate that cannot be read says nothing
  }
}

function rsaExchange(flight: FirstFlight, version: number): Exchanged | undefined {
  const key = rsaKeyOf(flight)
  if (!key) return undefined
  const secret = Buffer.concat([Buffer.from([version >> 8, version & 255]), randomBytes(46)])
  const sealed = publicEncrypt({ key: key.pem, padding: constants.RSA_PKCS1_PADDING }, secret)
  return { secret, message: vector16(sealed) }
}

function curveExchange(params: Buffer): Exchanged | undefined {
  const theirs = params.subarray(4, 4 + (params[3] ?? 0))
  const group = params.readUInt16BE(1)
  if (group === 23) {
    const ecdh = createECDH('prime256v1')
    const own = ecdh.generateKeys()
    return { secret: ecdh.computeSecret(theirs), message: vector8(own) }
  }
  if (group !== 29) return undefined
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  const head = Buffer.from('302a300506032b656e032100', 'hex')
  const key = createPublicKey({ key: Buffer.concat([head, theirs]), format: 'der', type: 'spki' })
  const own = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  return { secret: diffieHellman({ privateKey, publicKey: key }), message: vector8(own) }
}

function fieldExchange(params: Buffer): Exchanged | undefined {
  const [prime, generator, theirs] = fieldNumbers(params)
  if (!prime || !generator || !theirs) return undefined
  const own = createDiffieHellman(prime, generator)
  const message = vector16(own.generateKeys())
  const padded = own.computeSecret(theirs)
  const first = padded.findIndex((byte) => byte > 0)
  return { secret: padded.subarray(Math.max(0, first)), message }
}

/** Prime, generator and the server's public number. */
export function fieldNumbers(params: Buffer): readonly Buffer[] {
  const numbers: Buffer[] = []
  let at = 0
  while (numbers.length < 3 && params.length - at >= 2) {
    const size = params.readUInt16BE(at)
    numbers.push(params.subarray(at + 2, at + 2 + size))
    at += 2 + size
  }
  return numbers
}

/** What the server sent about its side of a finite-field exchange. */
export function fieldParams(flight: FirstFlight): Buffer | undefined {
  return flight.messages.find(({ type }) => type === types.keyExchange)?.body
}

export function isOldVersion(version: number): boolean {
  return version >= versions.tls10 && version <= versions.tls12
}

function vector8(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([body.length]), body])
}

function vector16(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([body.length >> 8, body.length & 255]), body])
}
