/**
 * Objects in an S3 bucket: Amazon's, or a server that speaks its protocol.
 *
 * Written once by `If-None-Match: *`, which the server itself enforces. Where a server lacks it, it
 * is asked first whether the name is taken, and in a bucket with versions afterwards which version
 * came first: that one counts. Without versions this is enough for one writer, not for two at once.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { equalBytes } from '#lib/byte-fields.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import { elementsOf, textOf } from '../http/xml.ts'
import {
  checkObjectName,
  OBJECT_SIZE_MAX,
  type ObjectLock,
  type ObjectStore,
  type StoredObject,
} from '../object-store.ts'
import { S3Client, textIn, type S3Place } from './client.ts'
import { lockedUntil, lockHeaders, S3Lock, type S3LockPolicy } from './lock.ts'
import { putParts, PARTS_FROM_BYTES, sentBy, type Sent } from './parts.ts'
import { deleteVersions, isFirstVersion } from './versions.ts'

export type S3Options = S3Place & {
  /** Put before every name: '' or 'veilig/'. */
  readonly prefix: string
  /** `server` refuses a name that is taken; or we ask before. */
  readonly writeOnce: 'server' | 'ask'
  /** Every object is locked when it is stored; the bucket must have object lock. */
  readonly lock?: S3LockPolicy | undefined
}

const PAGE = 1000
/** Another writer's attempt at the same name is under way: S3 says so, and to try again. */
const CONFLICT_TRIES = 5

export class S3Store implements ObjectStore, AsyncDisposable {
  readonly lock: ObjectLock | undefined
  readonly #client: S3Client
  readonly #options: S3Options
  readonly #clock: Clock
  #versioned: Promise<boolean> | undefined

  constructor(options: S3Options, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#client = new S3Client(options, clock)
    const lock = new S3Lock(this.#client, options.lock?.mode ?? 'compliance', (name) =>
      this.#key(name),
    )
    this.lock = options.lock && lock
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const asks = this.#options.writeOnce === 'ask' || bytes.length >= PARTS_FROM_BYTES
    if (asks && (await this.head(name))) return this.#compare(name, bytes)
    for (let attempt = 1; ; attempt++) {
      const status = await this.#write(name, bytes)
      if (status < 300) return
      if (status === 412) return this.#compare(name, bytes)
      if (attempt === CONFLICT_TRIES) {
        throw new FaultError('STORE_FAILED', `${name} is being written by somebody else`)
      }
    }
  }

  async get(name: string): Promise<Uint8Array> {
    const call = { method: 'GET', key: this.#key(name), answerMax: OBJECT_SIZE_MAX } as const
    const answer = await this.#client.call(call, [404])
    if (answer.status === 404) throw absent(name)
    return answer.body
  }

  async getRange(name: string, start: number, length: number): Promise<Uint8Array> {
    const key = this.#key(name)
    const headers = { range: `bytes=${start}-${start + Math.max(1, length) - 1}` }
    const call = { method: 'GET', key, headers, answerMax: OBJECT_SIZE_MAX } as const
    const answer = await this.#client.call(call, [404, 416])
    if (answer.status === 404) throw absent(name)
    if (answer.status === 416) return new Uint8Array() // begins at the end or behind it
    const whole = answer.status === 200 // a server may give more than was asked for
    return whole ? answer.body.slice(start, start + length) : answer.body.slice(0, length)
  }

  async head(name: string): Promise<StoredObject | undefined> {
    const answer = await this.#client.call({ method: 'HEAD', key: this.#key(name) }, [404])
    if (answer.status === 404) return undefined
    return { name, size: Number(answer.headers['content-length']) }
  }

  async *list(folder: string): AsyncGenerator<StoredObject> {
    const { prefix } = this.#options
    const inside = `${prefix}${folder === '' ? '' : `${folder}/`}`
    let last = ''
    const first = { 'list-type': '2', 'max-keys': String(PAGE), prefix: inside }
    for (let from: string | undefined = '', more = first as Record<string, string>; ;) {
      const answer = await this.#client.call({ method: 'GET', key: '', query: more })
      const text = textIn(answer)
      for (const element of elementsOf(text, 'Contents')) {
        const key = textOf(element, 'Key') ?? ''
        if (key <= last) throw unordered(inside, last, key)
        last = key
        yield { name: key.slice(prefix.length), size: Number(textOf(element, 'Size')) }
      }
      const next = textOf(text, 'NextContinuationToken')
      if (textOf(text, 'IsTruncated') !== 'true') return
      if (next === undefined || next === from) {
        throw new FaultError('STORE_FAILED', `the list of ${inside} does not go on`)
      }
      from = next
      more = { ...first, 'continuation-token': next }
    }
  }

  async delete(name: string): Promise<void> {
    const key = this.#key(name)
    if (await this.#isVersioned()) return deleteVersions(this.#client, key)
    await this.#client.call({ method: 'DELETE', key }, [404])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]()
  }

  /** @returns 2xx; 412 when the name is taken; 409 when somebody is taking it. */
  async #write(name: string, bytes: Uint8Array): Promise<number> {
    const { writeOnce, lock } = this.#options
    const key = this.#key(name)
    const nowMs = this.#clock.nowMs()
    if (writeOnce === 'server') {
      const locked = lock ? lockHeaders(lock, nowMs) : {}
      return (await this.#send(key, bytes, { ...locked, 'if-none-match': '*' })).status
    }
    const { status, version } = await this.#send(key, bytes, {})
    if (version === undefined || status > 299) return status
    if (!(await isFirstVersion(this.#client, key, version))) return 412
    // Locked only now: what came second had to go again.
    if (lock) await this.lock?.extend(name, lockedUntil(lock, nowMs))
    return status
  }

  async #send(key: string, bytes: Uint8Array, headers: Record<string, string>): Promise<Sent> {
    if (bytes.length >= PARTS_FROM_BYTES) return putParts(this.#client, key, bytes, headers)
    // Object lock asks for the MD5; the signature holds a SHA-256 of the same bytes.
    const digest = createHash('md5').update(bytes).digest('base64')
    return sentBy(
      await this.#client.call(
        { method: 'PUT', key, headers: { ...headers, 'content-md5': digest }, body: bytes },
        [409, 412],
      ),
    )
  }

  async #compare(name: string, bytes: Uint8Array): Promise<void> {
    if (equalBytes(await this.get(name), bytes)) return
    throw new IntegrityError('OBJECT_EXISTS', `${name} exists with other content`)
  }

  /** Asked once: a bucket that was ever versioned keeps what is deleted. */
  #isVersioned(): Promise<boolean> {
    this.#versioned ??= this.#client
      .call({ method: 'GET', key: '', query: { versioning: '' } }, [404, 405, 501])
      .then((answer) => /<Status>(?:Enabled|Suspended)</.test(textIn(answer)))
    this.#versioned.catch(() => {
      this.#versioned = undefined // its caller hears; the next one asks again
    })
    return this.#versioned
  }

  #key(name: string): string {
    checkObjectName(name)
    return `${this.#options.prefix}${name}`
  }
}

function absent(name: string): IntegrityError {
  return new IntegrityError('OBJECT_MISSING', `${name} is not there`)
}

/** Some servers list by folders or at will; what is missing could then not be found. */
function unordered(prefix: string, last: string, key: string): FaultError {
  const message = `the server lists ${prefix} out of order: ${key} behind ${last}`
  return new FaultError('STORE_UNORDERED', message)
}
