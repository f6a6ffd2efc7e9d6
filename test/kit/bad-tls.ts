/**
 * TLS 1.2 servers of our own records, each with one mistake that made a name for itself.
 *
 * They speak just enough to be asked: one version, a few suites, no check of what does not matter
 * here. Certificates are of RSA, made for the run.
 */
import {
  constants,
  createDiffieHellmanGroup,
  createPrivateKey,
  privateDecrypt,
  randomBytes,
  type DiffieHellmanGroup,
} from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import 'reflect-metadata'
import { X509CertificateGenerator } from '@peculiar/x509'
import { encodeMessage, encodeRecord, readRecords } from '#protocol/tls/messages.ts'
import {
  cipherKindOf,
  deriveKeys,
  prf,
  RecordCipher,
  transcriptHash,
  type CipherKind,
} from '#protocol/tls/record-cipher.ts'
import { suiteOf } from '#protocol/tls/suites.ts'

const VERSION = 0x0303
const alerts = { mac: 20, overflow: 22, handshake: 40, illegal: 47, version: 70 } as const

/** How a bad record is answered: an alert's number, silence, or as if nothing were wrong. */
export type Reaction = number | 'close' | 'silence' | 'accept'

export type Mistakes = {
  readonly suites?: readonly number[]
  /** Of padding that is wrong while the MAC is right, and so on; all else gets `mac`. */
  readonly onBadPadding?: Reaction
  readonly onBadMac?: Reaction
  readonly onIncomplete?: Reaction
  readonly onMissingMac?: Reaction
  readonly onEmpty?: Reaction
  /** Of a key message that is not well made; undefined goes on as the standard says. */
  readonly onBadKey?: Reaction
  readonly fieldReused?: boolean
  /** Answers half a session number with a whole one. */
  readonly bleedsSessions?: boolean
  /** Knows nothing of RFC 5746, and begins a second handshake. */
  readonly renegotiates?: boolean
}

export type RsaPair = {
  readonly certificateDer: Buffer
  readonly certificatePem: string
  readonly keyPem: string
}

/** Self-signed, for `localhost`. */
export async function makeRsaPair(modulusLength = 2048): Promise<RsaPair> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength,
  }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=localhost',
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: algorithm,
    keys,
  })
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const keyPem = String(key.export({ format: 'pem', type: 'pkcs8' }))
  return {
    certificateDer: Buffer.from(certificate.rawData),
    certificatePem: certificate.toString('pem'),
    keyPem,
  }
}

export type BadServer = AsyncDisposable & { readonly host: string; readonly port: number }

/** Opens a server with these mistakes; with none, it is a good one. */
export async function startBadTls(pair: RsaPair, mistakes: Mistakes = {}): Promise<BadServer> {
  const sockets = new Set<Socket>()
  const field = createDiffieHellmanGroup('modp14')
  field.generateKeys()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    const peer = new BadPeer(socket, pair, mistakes, field)
    socket.on('data', (chunk: Buffer) => peer.take(chunk))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Hello = {
  readonly random: Buffer
  readonly session: Buffer
  readonly suites: readonly number[]
  readonly ticket: Buffer | undefined
  readonly isForUs: boolean
}

class BadPeer {
  readonly #socket: Socket
  readonly #pair: RsaPair
  readonly #mistakes: Mistakes
  #field: DiffieHellmanGroup
  #bytes = Buffer.alloc(0)
  #state: 'hello' | 'key' | 'change' | 'finished' | 'data' | 'over' = 'hello'
  #hello: Hello | undefined
  #suite = 0
  #random = randomBytes(32)
  #transcript: Buffer[] = []
  #master: Buffer = Buffer.alloc(0)
  #read: RecordCipher | undefined
  #write: RecordCipher | undefined

  constructor(socket: Socket, pair: RsaPair, mistakes: Mistakes, field: DiffieHellmanGroup) {
    this.#socket = socket
    this.#pair = pair
    this.#mistakes = mistakes
    this.#field = field
  }

  take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    if (this.#bytes[0] === 0x80) return void this.#socket.destroy() // SSL 2
    const { records, end } = readRecords(this.#bytes)
    this.#bytes = this.#bytes.subarray(end)
    for (const { type, body } of records) this.#takeRecord(type, Buffer.from(body))
  }

  #takeRecord(type: number, body: Buffer): void {
    if (this.#state === 'hello' && type === 22) this.#greet(body)
    else if (this.#state === 'key' && type === 22) this.#takeKey(body)
    else if (this.#state === 'change' && type === 20) this.#state = 'finished'
    else if (this.#state === 'finished') this.#takeFinished(body)
    else if (this.#state === 'data') this.#takeData(type, body)
    else if (this.#state !== 'over') this.#alert(10)
  }

  #greet(body: Buffer): void {
    const hello = readHello(body)
    const suites = this.#mistakes.suites ?? [0x003c, 0x002f]
    const suite = suites.find((each) => hello.suites.includes(each))
    if (!hello.isForUs) return this.#alert(alerts.version)
    if (suite === undefined) return this.#alert(alerts.handshake)
    this.#hello = hello
    this.#suite = suite
    this.#transcript = [body]
    const { bleedsSessions } = this.#mistakes
    const resumes = (hello.ticket?.length ?? 0) > 0 && hello.session.length > 0
    const session =
      resumes && bleedsSessions === true
        ? Buffer.concat([hello.session, randomBytes(32 - hello.session.length)])
        : Buffer.alloc(0)
    const safe = this.#mistakes.renegotiates === true ? '' : 'ff01000100'
    const ticket = hello.ticket && bleedsSessions === true ? '00230000' : ''
    const extras = Buffer.from(safe + ticket, 'hex')
    const first = Buffer.concat([
      Buffer.from([3, 3]),
      this.#random,
      Buffer.from([session.length]),
      session,
      Buffer.from([suite >> 8, suite & 255, 0]),
      ...(extras.length > 0 ? [vector16(extras)] : []),
    ])
    const der = vector24(this.#pair.certificateDer)
    const messages = [
      encodeMessage(2, first),
      encodeMessage(11, vector24(der)),
      ...(suiteOf(suite).keyExchange === 'dhe' ? [encodeMessage(12, this.#fieldParams())] : []),
      encodeMessage(14, Buffer.alloc(0)),
    ]
    this.#transcript.push(...messages)
    for (const message of messages) this.#socket.write(encodeRecord(22, VERSION, message))
    this.#state = 'key'
  }

  #fieldParams(): Buffer {
    if (this.#mistakes.fieldReused !== true) {
      this.#field = createDiffieHellmanGroup('modp14')
      this.#field.generateKeys()
    }
    const numbers = [this.#field.getPrime(), this.#field.getGenerator(), this.#field.getPublicKey()]
    const signature = Buffer.concat([Buffer.from([4, 1]), vector16(randomBytes(256))])
    return Buffer.concat([...numbers.map(vector16), signature])
  }

  #takeKey(body: Buffer): void {
    this.#transcript.push(body)
    const sealed = body.subarray(6)
    const secret =
      suiteOf(this.#suite).keyExchange === 'dhe'
        ? this.#field.computeSecret(sealed)
        : this.#openKey(sealed)
    if (!secret || !this.#hello) return
    if (!cipherKindOf(this.#suite)) return this.#alert(alerts.handshake)
    const kind = this.#kind()
    const randoms = { client: this.#hello.random, server: this.#random }
    const seed = Buffer.concat([randoms.client, randoms.server])
    this.#master = prf(VERSION, kind.prf, secret, 'master secret', seed, 48)
    const keys = deriveKeys(VERSION, kind, this.#master, randoms)
    this.#read = new RecordCipher(VERSION, kind, keys.client)
    this.#write = new RecordCipher(VERSION, kind, keys.server)
    this.#state = 'change'
  }

  #kind(): CipherKind {
    const kind = cipherKindOf(this.#suite)
    if (!kind) throw new Error(`no such suite here: ${this.#suite}`)
    return kind
  }

  /** A key message that is not well made becomes a random secret, unless that is the mistake. */
  #openKey(sealed: Buffer): Buffer | undefined {
    const block = privateDecrypt(
      { key: this.#pair.keyPem, padding: constants.RSA_NO_PADDING },
      sealed,
    )
    const zero = block.indexOf(0, 2)
    const isWell = block[0] === 0 && block[1] === 2 && zero === block.length - 49
    const rightVersion = block.readUInt16BE(block.length - 48) === VERSION
    if (isWell && rightVersion) return block.subarray(-48)
    const { onBadKey } = this.#mistakes
    if (onBadKey === undefined) return randomBytes(48)
    this.#react(onBadKey)
    return undefined
  }

  #takeFinished(body: Buffer): void {
    const message = this.#read?.open(22, body)
    if (!message) return this.#alert(alerts.mac)
    const kind = this.#kind()
    this.#transcript.push(message)
    const hash = transcriptHash(VERSION, kind.prf, this.#transcript)
    const verify = prf(VERSION, kind.prf, this.#master, 'server finished', hash, 12)
    const ticket = encodeMessage(4, Buffer.concat([Buffer.alloc(4), vector16(randomBytes(64))]))
    const offers = this.#mistakes.bleedsSessions === true && this.#hello?.ticket !== undefined
    if (offers) this.#socket.write(encodeRecord(22, VERSION, ticket))
    this.#socket.write(encodeRecord(20, VERSION, Buffer.from([1])))
    this.#seal(22, encodeMessage(20, verify))
    this.#state = 'data'
  }

  #takeData(type: number, body: Buffer): void {
    if (type === 22) {
      if (this.#mistakes.renegotiates !== true) return this.#alert(100)
      this.#read?.open(type, body)
      return this.#seal(22, encodeMessage(2, randomBytes(38)))
    }
    if (this.#kind().mode === 'gcm') {
      return this.#read?.open(type, body) ? undefined : this.#alert(alerts.mac)
    }
    this.#react(this.#judge(type, this.#read?.decrypt(body) ?? Buffer.alloc(0)))
  }

  #judge(type: number, plain: Buffer): Reaction {
    const { onBadPadding, onBadMac, onIncomplete, onMissingMac, onEmpty } = this.#mistakes
    const { macSize } = this.#kind()
    const padding = plain.at(-1) ?? 0
    if (padding + 1 > plain.length) return onIncomplete ?? alerts.mac
    const size = plain.length - padding - 1 - macSize
    if (size < 0) return onMissingMac ?? alerts.mac
    const content = plain.subarray(0, size)
    const isRight = this.#read
      ?.macOfNext(type, content)
      .equals(plain.subarray(size, size + macSize))
    const isPadded = plain.subarray(-padding - 1).every((byte) => byte === padding)
    if (isRight === true && isPadded) return 'accept'
    if (isRight === true) return onBadPadding ?? alerts.mac
    return (size === 0 ? onEmpty : onBadMac) ?? alerts.mac
  }

  #react(reaction: Reaction): void {
    if (reaction === 'accept')
      return this.#seal(23, Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
    if (reaction === 'silence') this.#state = 'over'
    else if (reaction === 'close') this.#socket.end()
    else this.#alert(reaction)
  }

  #alert(description: number): void {
    const body = Buffer.from([2, description])
    const isSealed = this.#state === 'data'
    if (isSealed) this.#seal(21, body)
    else this.#socket.write(encodeRecord(21, VERSION, body))
    this.#state = 'over'
    this.#socket.end()
  }

  #seal(type: number, content: Buffer): void {
    const record = this.#write?.seal(type, content, randomBytes(16))
    if (record) this.#socket.write(record)
  }
}

function readHello(body: Buffer): Hello {
  const session = body.subarray(39, 39 + (body[38] ?? 0))
  let at = 39 + session.length
  const size = body.readUInt16BE(at)
  const suites = Array.from({ length: size / 2 }, (_, each) => body.readUInt16BE(at + 2 + 2 * each))
  at += 2 + size
  at += 1 + (body[at] ?? 0)
  const found = new Map<number, Buffer>()
  for (at += 2; body.length - at >= 4;) {
    const length = body.readUInt16BE(at + 2)
    found.set(body.readUInt16BE(at), body.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  const isForUs = body.readUInt16BE(4) === VERSION && !found.has(43)
  return { random: body.subarray(6, 38), session, suites, ticket: found.get(35), isForUs }
}

function vector16(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([body.length >> 8, body.length & 255]), body])
}

function vector24(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0, body.length >> 8, body.length & 255]), body])
}
