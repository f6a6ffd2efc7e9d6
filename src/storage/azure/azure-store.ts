/**
 * Objects as block blobs in a container of Azure Blob Storage.
 *
 * Written once by `If-None-Match: *`, which the service enforces.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { equalBytes } from '#lib/byte-fields.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import type { StoreAnswer } from '../http/exchange.ts'
import { elementsOf, textOf } from '../http/xml.ts'
import {
  checkObjectName,
  OBJECT_SIZE_MAX,
  type ObjectLock,
  type ObjectStore,
  type StoredObject,
} from '../object-store.ts'
import { putBlocks, BLOCKS_FROM_BYTES } from './blocks.ts'
import { AzureClient, refusalOf, type AzurePlace } from './client.ts'
import { AzureLock, lockHeaders, LOCKED, type AzureLockPolicy } from './lock.ts'

export type AzureOptions = AzurePlace & {
  /** Put before every name: '' or 'veilig/'. */
  readonly prefix: string
  /** The container must have immutability of single versions. */
  readonly lock?: AzureLockPolicy | undefined
}

const PAGE = 5000

export class AzureStore implements ObjectStore, AsyncDisposable {
  readonly lock: ObjectLock | undefined
  readonly #client: AzureClient
  readonly #options: AzureOptions
  readonly #clock: Clock

  constructor(options: AzureOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#client = new AzureClient(options, clock)
    const keyOf = (name: string): string => this.#key(name)
    this.lock = options.lock && new AzureLock(this.#client, options.lock.mode, keyOf)
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const { lock } = this.#options
    const headers = {
      'if-none-match': '*',
      'x-ms-blob-type': 'BlockBlob',
      ...(lock ? lockHeaders(lock, this.#clock.nowMs()) : {}),
    }
    const answer =
      bytes.length >= BLOCKS_FROM_BYTES
        ? await putBlocks(this.#client, this.#key(name), bytes, headers)
        : await this.#client.call(
            {
              method: 'PUT',
              name: this.#key(name),
              headers: { ...headers, 'content-md5': md5(bytes) },
              body: bytes,
            },
            [409, 412],
          )
    if (answer.status < 300) return
    if (!TAKEN.has(refusalOf(answer) ?? '')) {
      throw new FaultError('STORE_FAILED', `${name} was refused: ${refusalOf(answer)}`)
    }
    if (equalBytes(await this.get(name), bytes)) return
    throw new IntegrityError('OBJECT_EXISTS', `${name} exists with other content`)
  }

  async get(name: string): Promise<Uint8Array> {
    const answer = await this.#read(name, {})
    return answer.body
  }

  async getRange(name: string, start: number, length: number): Promise<Uint8Array> {
    const last = start + Math.max(1, length) - 1
    const answer = await this.#read(name, { range: `bytes=${start}-${last}` })
    if (answer.status === 416) return new Uint8Array() // begins at the end or behind it
    const whole = answer.status === 200
    return whole ? answer.body.slice(start, start + length) : answer.body.slice(0, length)
  }

  async head(name: string): Promise<StoredObject | undefined> {
    const answer = await this.#client.call({ method: 'HEAD', name: this.#key(name) }, [404])
    if (answer.status === 404) return undefined
    return { name, size: Number(answer.headers['content-length']) }
  }

  async *list(folder: string): AsyncGenerator<StoredObject> {
    const { prefix } = this.#options
    const inside = `${prefix}${folder === '' ? '' : `${folder}/`}`
    let last = ''
    for (let marker = ''; ;) {
      const query = { ...LIST, prefix: inside, maxresults: String(PAGE) }
      const text = await this.#list(marker === '' ? query : { ...query, marker })
      for (const blob of elementsOf(text, 'Blob')) {
        const key = textOf(blob, 'Name') ?? ''
        if (key <= last) {
          const message = `the server lists ${inside} out of order: ${key} behind ${last}`
          throw new FaultError('STORE_UNORDERED', message)
        }
        last = key
        yield { name: key.slice(prefix.length), size: Number(textOf(blob, 'Content-Length')) }
      }
      const next = textOf(text, 'NextMarker') ?? ''
      if (next === '') return
      if (next === marker) {
        throw new FaultError('STORE_FAILED', `the list of ${inside} does not go on`)
      }
      marker = next
    }
  }

  async delete(name: string): Promise<void> {
    const key = this.#key(name)
    const headers = { 'x-ms-delete-snapshots': 'include' }
    const answer = await this.#client.call({ method: 'DELETE', name: key, headers }, [404, 409])
    if (answer.status === 409) throw kept(name, answer)
    await this.#deleteVersions(name, key)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]()
  }

  /** An account with versions keeps what was deleted as an older one. */
  async #deleteVersions(name: string, key: string): Promise<void> {
    const text = await this.#list({ ...LIST, prefix: key, include: 'versions' })
    for (const blob of elementsOf(text, 'Blob')) {
      const versionid = textOf(blob, 'VersionId')
      if (textOf(blob, 'Name') !== key || versionid === undefined) continue
      const call = { method: 'DELETE', name: key, query: { versionid } } as const
      const answer = await this.#client.call(call, [404, 409])
      if (answer.status === 409) throw kept(name, answer)
    }
  }

  async #list(query: Readonly<Record<string, string>>): Promise<string> {
    const answer = await this.#client.call({
      method: 'GET',
      name: '',
      query,
      answerMax: LIST_MAX_BYTES,
    })
    return Buffer.from(answer.body).toString('utf8')
  }

  async #read(name: string, headers: Readonly<Record<string, string>>): Promise<StoreAnswer> {
    const call = { method: 'GET', name: this.#key(name), headers } as const
    const answer = await this.#client.call({ ...call, answerMax: OBJECT_SIZE_MAX }, [404, 416])
    if (answer.status !== 404) return answer
    throw new IntegrityError('OBJECT_MISSING', `${name} is not there`)
  }

  #key(name: string): string {
    checkObjectName(name)
    return `${this.#options.prefix}${name}`
  }
}

const LIST: Readonly<Record<string, string>> = { restype: 'container', comp: 'list' }
/** A page of 5,000 blobs with all their properties. */
const LIST_MAX_BYTES = 16 * 1024 * 1024
const TAKEN: ReadonlySet<string> = new Set([
  'BlobAlreadyExists',
  'ConditionNotMet',
  'BlobImmutableDueToPolicy',
  'UnauthorizedBlobOverwrite',
])

function kept(name: string, answer: StoreAnswer): FaultError {
  const why = refusalOf(answer) ?? ''
  const code = LOCKED.has(why) ? 'OBJECT_LOCKED' : 'STORE_FAILED'
  return new FaultError(code, `${name} is kept by its container: ${why}`)
}

export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64')
}
