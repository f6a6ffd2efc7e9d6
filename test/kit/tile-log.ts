/**
 * A public log as C2SP static-ct-api describes it, with a key of its own: every file of it, as a
 * bucket would give it out.
 */
import { generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { encodeCheckpoint } from '#crypto/checkpoint.ts'
import { HashTiles, TILE_WIDTH, tileIndexPath } from '#crypto/hash-tiles.ts'
import { leafHash } from '#crypto/merkle.ts'
import { signNote } from '#crypto/signed-note.ts'
import { precertificateOf } from '#protocol/tls/sct.ts'
import { treeHead, treeKeyId } from '#services/web-gateway/issuance/signed-tree.ts'
import type { HttpFile } from '#system/http-call.ts'

const ORIGIN = 'log.example/2026h2'

export class TestTileLog {
  readonly #privateKey: KeyObject
  readonly #publicKey: KeyObject
  readonly #tiles = new HashTiles()
  readonly #entries: Buffer[] = []
  /** Path → content, as of the last `publish`; a test may change it. */
  readonly files: Map<string, Buffer> = new Map()
  /** Paths asked for. */
  readonly asked: string[] = []

  constructor() {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#privateKey = pair.privateKey
    this.#publicKey = pair.publicKey
  }

  /** As lists of logs have it. */
  get key(): string {
    return this.#publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  }

  /** Takes a certificate, whole or as the precertificate that an authority logs before it. */
  add(pem: string, kind: 'certificate' | 'precertificate'): void {
    const { raw } = new X509Certificate(pem)
    const isWhole = kind === 'certificate'
    const signed = isWhole ? raw : (precertificateOf(raw) ?? Buffer.alloc(0))
    const index = Buffer.from([0, 0, 5, 0, 0, 0, 0, 0])
    index.writeUInt32BE(this.#entries.length, 4)
    const leaf = Buffer.concat([
      number(8, 1_700_000_000_000 + this.#entries.length),
      number(2, isWhole ? 0 : 1),
      isWhole ? Buffer.alloc(0) : Buffer.alloc(32, 7),
      sized(3, signed),
      sized(2, index),
    ])
    const beside = [isWhole ? Buffer.alloc(0) : sized(3, raw), sized(2, Buffer.alloc(64, 9))]
    this.#entries.push(Buffer.concat([leaf, ...beside]))
    this.#tiles.append(leafHash(Buffer.concat([number(2, 0), leaf])))
  }

  /** Signs what there is, and gives out its files; partial tiles of before are dropped. */
  publish(): void {
    this.files.clear()
    const size = this.#entries.length
    for (let level = 0; level < this.#tiles.height; level++) {
      this.#give(String(level), this.#tiles.count(level), (tile) =>
        Buffer.from(this.#tiles.tile(level, tile)),
      )
    }
    this.#give('data', size, (tile) =>
      Buffer.concat(this.#entries.slice(tile * TILE_WIDTH, (tile + 1) * TILE_WIDTH)),
    )
    this.files.set('checkpoint', Buffer.from(this.#checkpoint(size, this.#tiles.root())))
  }

  /** One file, as a door to HTTPS gives it. */
  readonly fetch = (url: string): Promise<HttpFile> => {
    const path = new URL(url).pathname.slice(1)
    this.asked.push(path)
    const bytes = this.files.get(path)
    return Promise.resolve(bytes ? { status: 200, bytes } : { status: 404, bytes: Buffer.alloc(0) })
  }

  /** As a bucket sends it: compressed, whether it was asked for or not. */
  packed(path: string): Buffer | undefined {
    const bytes = this.files.get(path)
    return bytes && gzipSync(bytes)
  }

  #give(kind: string, count: number, read: (tile: number) => Buffer): void {
    for (let tile = 0; tile * TILE_WIDTH < count; tile++) {
      const width = Math.min(TILE_WIDTH, count - tile * TILE_WIDTH)
      const end = width === TILE_WIDTH ? '' : `.p/${width}`
      this.files.set(`tile/${kind}/${tileIndexPath(tile)}${end}`, read(tile))
    }
  }

  #checkpoint(size: number, root: Uint8Array): string {
    const timeMs = 1_700_000_000_000n
    return signNote(encodeCheckpoint({ origin: ORIGIN, size, root }), [
      {
        name: ORIGIN,
        keyId: treeKeyId(ORIGIN, this.#publicKey),
        verifierKey: '',
        sign: () => {
          const signature = sign('sha256', treeHead({ size, root }, timeMs), this.#privateKey)
          const algorithms = Buffer.from([4, 3]) // SHA-256, ECDSA
          return Buffer.concat([number(8, Number(timeMs)), algorithms, sized(2, signature)])
        },
      },
    ])
  }
}

function number(bytes: 2 | 8, value: number): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64BE(BigInt(value))
  return buffer.subarray(8 - bytes)
}

function sized(bytes: 2 | 3, content: Buffer): Buffer {
  const size = Buffer.alloc(bytes)
  size.writeUIntBE(content.length, 0, bytes)
  return Buffer.concat([size, content])
}
