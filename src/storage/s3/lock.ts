/**
 * Object lock: the bucket itself refuses to delete before a day, whoever asks.
 *
 * Source: S3 API Reference, PutObjectRetention, PutObjectLegalHold.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import { textOf } from '../http/xml.ts'
import type { LockState, ObjectLock } from '../object-store.ts'
import { textIn, type S3Client } from './client.ts'

export type S3LockPolicy = {
  /** In compliance nobody can shorten it, the account's owner included. */
  readonly mode: 'compliance' | 'governance'
  /** From the moment an object is stored. */
  readonly days: number
}

const DAY_MS = 86_400_000

/** @param nowMs When the object is stored. */
export function lockHeaders(policy: S3LockPolicy, nowMs: number): Record<string, string> {
  return {
    'x-amz-object-lock-mode': policy.mode.toUpperCase(),
    'x-amz-object-lock-retain-until-date': isoSeconds(lockedUntil(policy, nowMs)),
  }
}

export function lockedUntil({ days }: S3LockPolicy, nowMs: number): number {
  return nowMs + days * DAY_MS
}

export class S3Lock implements ObjectLock {
  readonly #client: S3Client
  readonly #mode: S3LockPolicy['mode']
  readonly #keyOf: (name: string) => string

  constructor(client: S3Client, mode: S3LockPolicy['mode'], keyOf: (name: string) => string) {
    this.#client = client
    this.#mode = mode
    this.#keyOf = keyOf
  }

  async enabled(): Promise<boolean> {
    const call = { method: 'GET', key: '', query: { 'object-lock': '' } } as const
    const answer = await this.#client.call(call, [404])
    return textOf(textIn(answer), 'ObjectLockEnabled') === 'Enabled'
  }

  async state(name: string): Promise<LockState> {
    const [until, held] = await Promise.all([
      this.#ask(name, 'retention', 'RetainUntilDate'),
      this.#ask(name, 'legal-hold', 'Status'),
    ])
    return {
      untilMs: until === undefined ? undefined : Date.parse(until),
      held: held === 'ON',
    }
  }

  async extend(name: string, untilMs: number): Promise<void> {
    const inside =
      `<Mode>${this.#mode.toUpperCase()}</Mode>` +
      `<RetainUntilDate>${isoSeconds(untilMs)}</RetainUntilDate>`
    await this.#tell(name, 'retention', `<Retention>${inside}</Retention>`)
  }

  async hold(name: string, held: boolean): Promise<void> {
    const status = `<Status>${held ? 'ON' : 'OFF'}</Status>`
    await this.#tell(name, 'legal-hold', `<LegalHold>${status}</LegalHold>`)
  }

  async #ask(name: string, what: string, element: string): Promise<string | undefined> {
    const call = { method: 'GET', key: this.#keyOf(name), query: { [what]: '' } } as const
    const answer = await this.#client.call(call, [404])
    const text = textIn(answer)
    const code = textOf(text, 'Code')
    if (code === 'NoSuchKey') throw new IntegrityError('OBJECT_MISSING', `${name} is not there`)
    return answer.status === 404 ? undefined : textOf(text, element)
  }

  async #tell(name: string, what: string, xml: string): Promise<void> {
    const body = Buffer.from(xml)
    const headers = { 'content-md5': createHash('md5').update(body).digest('base64') }
    const query = { [what]: '' }
    const call = { method: 'PUT', key: this.#keyOf(name), query, headers, body } as const
    const answer = await this.#client.call(call, [403, 404])
    if (answer.status === 404) throw new IntegrityError('OBJECT_MISSING', `${name} is not there`)
    if (answer.status !== 403) return
    const said = textOf(textIn(answer), 'Message') ?? ''
    const message = `the lock of ${name} cannot be shortened or lifted: ${said}`
    throw new FaultError('OBJECT_LOCKED', message.trim())
  }
}

/** Whole seconds, upwards: a server may not read fractions. */
function isoSeconds(ms: number): string {
  return new Date(Math.ceil(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}
