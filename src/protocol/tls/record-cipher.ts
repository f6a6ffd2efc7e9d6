/**
 * Record protection of TLS 1.0 to 1.2, with every mistake a tester may want to make in it.
 *
 * AES in CBC with HMAC, and AES in GCM; nothing else is needed to ask a server how it takes a bad
 * record. Source: RFC 5246 §5, §6.2.3, §6.3, RFC 2246 §5 (older pseudorandom function), RFC 5288.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import { versions } from './hello.ts'
import { suiteOf } from './suites.ts'

/** How a suite protects records. */
export type CipherKind = {
  readonly mode: 'cbc' | 'gcm'
  readonly keySize: 16 | 32
  /** Of the MAC in CBC; 0 in GCM. */
  readonly macSize: number
  readonly mac: 'sha1' | 'sha256' | 'sha384'
  /** Of the pseudorandom function of TLS 1.2. */
  readonly prf: 'sha256' | 'sha384'
}

/** Undefined for suites this module does not know. */
export function cipherKindOf(suite: number): CipherKind | undefined {
  const [, size, mode, hash] =
    /_WITH_AES_(128|256)_(CBC|GCM)_(SHA|SHA256|SHA384)$/.exec(suiteOf(suite).name) ?? []
  if (size === undefined) return undefined
  const prf = hash === 'SHA384' ? 'sha384' : 'sha256'
  const keySize = size === '128' ? 16 : 32
  if (mode === 'GCM') return { mode: 'gcm', keySize, macSize: 0, mac: 'sha256', prf }
  const mac = hash === 'SHA' ? 'sha1' : prf
  const macSize = { sha1: 20, sha256: 32, sha384: 48 }[mac]
  return { mode: 'cbc', keySize, macSize, mac, prf }
}

/** The pseudorandom function of a version. */
export function prf(
  version: number,
  hash: CipherKind['prf'],
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  size: number,
): Buffer {
  const full = Buffer.concat([Buffer.from(label, 'latin1'), seed])
  if (version >= versions.tls12) return expand(hash, secret, full, size)
  const half = Math.ceil(secret.length / 2)
  const md5 = expand('md5', secret.subarray(0, half), full, size)
  const sha1 = expand('sha1', secret.subarray(secret.length - half), full, size)
  return Buffer.from(md5.map((byte, at) => byte ^ (sha1[at] ?? 0)))
}

/** What `Finished` and the extended master secret are made of. */
export function transcriptHash(
  version: number,
  hash: CipherKind['prf'],
  messages: readonly Uint8Array[],
): Buffer {
  const all = Buffer.concat(messages)
  const of = (name: string): Buffer => createHash(name).update(all).digest()
  return version >= versions.tls12 ? of(hash) : Buffer.concat([of('md5'), of('sha1')])
}

function expand(hash: string, secret: Uint8Array, seed: Buffer, size: number): Buffer {
  const hmac = (data: Uint8Array): Buffer => createHmac(hash, secret).update(data).digest()
  const parts: Buffer[] = []
  let chain = hmac(seed)
  for (let made = 0; made < size; made += chain.length) {
    parts.push(hmac(Buffer.concat([chain, seed])))
    chain = hmac(chain)
  }
  return Buffer.concat(parts).subarray(0, size)
}

export type DirectionKeys = {
  readonly mac: Buffer
  readonly key: Buffer
  readonly iv: Buffer
}

/** The keys of both directions. */
export function deriveKeys(
  version: number,
  kind: CipherKind,
  master: Uint8Array,
  randoms: { readonly client: Uint8Array; readonly server: Uint8Array },
): { readonly client: DirectionKeys; readonly server: DirectionKeys } {
  const ivSize = kind.mode === 'gcm' ? 4 : version < versions.tls11 ? 16 : 0
  const size = 2 * (kind.macSize + kind.keySize + ivSize)
  const seed = Buffer.concat([randoms.server, randoms.client])
  const block = prf(version, kind.prf, master, 'key expansion', seed, size)
  let at = 0
  const take = (length: number): Buffer => block.subarray(at, (at += length))
  const macs = [take(kind.macSize), take(kind.macSize)] as const
  const keys = [take(kind.keySize), take(kind.keySize)] as const
  const ivs = [take(ivSize), take(ivSize)] as const
  return {
    client: { mac: macs[0], key: keys[0], iv: ivs[0] },
    server: { mac: macs[1], key: keys[1], iv: ivs[1] },
  }
}

/** A record's content before encryption in CBC: may be anything, whole blocks. */
export type Spoil = (parts: {
  readonly content: Buffer
  readonly mac: Buffer
  readonly blockSize: number
}) => Buffer

const BLOCK = 16

/** One direction of a connection; counts its records. */
export class RecordCipher {
  readonly #version: number
  readonly #kind: CipherKind
  readonly #keys: DirectionKeys
  #sequence = 0n
  #chain: Buffer

  constructor(version: number, kind: CipherKind, keys: DirectionKeys) {
    this.#version = version
    this.#kind = kind
    this.#keys = keys
    this.#chain = keys.iv
  }

  /**
   * A whole record. @param iv 16 fresh random bytes, 8 of them used in GCM.
   *
   * @param spoil Puts together content, MAC and padding in a way of its own; CBC only.
   */
  seal(type: number, content: Buffer, iv: Buffer, spoil: Spoil = wellMade): Buffer {
    const sequence = this.#next()
    if (this.#kind.mode === 'gcm')
      return this.#record(type, this.#sealGcm(type, content, iv, sequence))
    const mac = this.#macOf(type, content, sequence)
    const plain = spoil({ content, mac, blockSize: BLOCK })
    const explicit = this.#version >= versions.tls11
    const body = this.#cbc(plain, explicit ? iv : this.#chain)
    this.#chain = body.subarray(-BLOCK)
    return this.#record(type, explicit ? Buffer.concat([iv, body]) : body)
  }

  /** The content of a record's body; undefined when it is not authentic. */
  open(type: number, body: Buffer): Buffer | undefined {
    const sequence = this.#next()
    if (this.#kind.mode === 'gcm') return this.#openGcm(type, body, sequence)
    const plain = this.decrypt(body)
    const padding = plain?.at(-1) ?? 0
    const size = (plain?.length ?? 0) - padding - 1 - this.#kind.macSize
    if (!plain || size < 0) return undefined
    const content = plain.subarray(0, size)
    const mac = plain.subarray(size, size + this.#kind.macSize)
    return mac.equals(this.#macOf(type, content, sequence)) ? content : undefined
  }

  /** CBC only: content, MAC and padding as they are, unchecked. For servers with a mistake. */
  decrypt(body: Buffer): Buffer | undefined {
    const explicit = this.#version >= versions.tls11
    const iv = explicit ? body.subarray(0, BLOCK) : this.#chain
    const data = explicit ? body.subarray(BLOCK) : body
    if (data.length === 0 || data.length % BLOCK > 0 || iv.length < BLOCK) return undefined
    const cipher = createDecipheriv(this.#name(), this.#keys.key, iv).setAutoPadding(false)
    this.#chain = Buffer.from(data.subarray(-BLOCK))
    return Buffer.concat([cipher.update(data), cipher.final()])
  }

  /** For servers with a mistake: what `decrypt` gave is held against the next number. */
  macOfNext(type: number, content: Buffer): Buffer {
    return this.#macOf(type, content, this.#next())
  }

  #next(): bigint {
    return this.#sequence++
  }

  #cbc(plain: Buffer, iv: Buffer): Buffer {
    const cipher = createCipheriv(this.#name(), this.#keys.key, iv).setAutoPadding(false)
    return Buffer.concat([cipher.update(plain), cipher.final()])
  }

  #name(): string {
    return `aes-${this.#kind.keySize * 8}-cbc`
  }

  #macOf(type: number, content: Buffer, sequence: bigint): Buffer {
    const head = this.#associated(type, content.length, sequence)
    return createHmac(this.#kind.mac, this.#keys.mac).update(head).update(content).digest()
  }

  #associated(type: number, size: number, sequence: bigint): Buffer {
    const head = Buffer.alloc(13)
    head.writeBigUInt64BE(sequence, 0)
    head.writeUInt8(type, 8)
    head.writeUInt16BE(this.#version, 9)
    head.writeUInt16BE(size, 11)
    return head
  }

  #sealGcm(type: number, content: Buffer, iv: Buffer, sequence: bigint): Buffer {
    const explicit = iv.subarray(0, 8)
    const nonce = Buffer.concat([this.#keys.iv, explicit])
    const cipher = createCipheriv(this.#gcm(), this.#keys.key, nonce)
    cipher.setAAD(this.#associated(type, content.length, sequence))
    return Buffer.concat([explicit, cipher.update(content), cipher.final(), cipher.getAuthTag()])
  }

  #openGcm(type: number, body: Buffer, sequence: bigint): Buffer | undefined {
    if (body.length < 24) return undefined
    const nonce = Buffer.concat([this.#keys.iv, body.subarray(0, 8)])
    const cipher = createDecipheriv(this.#gcm(), this.#keys.key, nonce)
    cipher.setAAD(this.#associated(type, body.length - 24, sequence))
    cipher.setAuthTag(body.subarray(-16))
    try {
      return Buffer.concat([cipher.update(body.subarray(8, -16)), cipher.final()])
    } catch {
      return undefined
    }
  }

  #gcm(): 'aes-128-gcm' | 'aes-256-gcm' {
    return this.#kind.keySize === 16 ? 'aes-128-gcm' : 'aes-256-gcm'
  }

  #record(type: number, body: Buffer): Buffer {
    const head = Buffer.from([type, this.#version >> 8, this.#version & 255, 0, 0])
    head.writeUInt16BE(body.length, 3)
    return Buffer.concat([head, body])
  }
}

/** As every library does it: the shortest padding. */
export const wellMade: Spoil = ({ content, mac, blockSize }) => {
  const size = blockSize - ((content.length + mac.length) % blockSize)
  return Buffer.concat([content, mac, Buffer.alloc(size, size - 1)])
}
