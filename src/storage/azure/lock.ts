/**
 * Immutability of single blobs: the service itself refuses to delete before a day.
 *
 * Source: Azure Storage REST API, "Set Blob Immutability Policy", "Set Blob Legal Hold".
 *
 * @module
 */
import { FaultError, IntegrityError } from '#lib/errors.ts'
import type { LockState, ObjectLock } from '../object-store.ts'
import { refusalOf, type AzureClient, type AzureCall } from './client.ts'

export type AzureLockPolicy = {
  /** `locked` can only be made longer, by nobody shorter. */
  readonly mode: 'locked' | 'unlocked'
  /** From the moment an object is stored. */
  readonly days: number
}

/** The codes of a refusal that time or a lifted hold mends. */
export const LOCKED: ReadonlySet<string> = new Set([
  'BlobImmutableDueToPolicy',
  'BlobImmutableDueToLegalHold',
  'ImmutabilityPolicyDeleteOnLockedPolicy',
  'ImmutabilityPolicyUpdateOnLockedPolicy',
])

const DAY_MS = 86_400_000

export function lockHeaders(
  { mode, days }: AzureLockPolicy,
  nowMs: number,
): Readonly<Record<string, string>> {
  return policyHeaders(mode, nowMs + days * DAY_MS)
}

function policyHeaders(mode: AzureLockPolicy['mode'], untilMs: number): Record<string, string> {
  return {
    'x-ms-immutability-policy-mode': mode,
    'x-ms-immutability-policy-until-date': new Date(untilMs).toUTCString(),
  }
}

export class AzureLock implements ObjectLock {
  readonly #client: AzureClient
  readonly #mode: AzureLockPolicy['mode']
  readonly #keyOf: (name: string) => string

  constructor(client: AzureClient, mode: AzureLockPolicy['mode'], keyOf: (name: string) => string) {
    this.#client = client
    this.#mode = mode
    this.#keyOf = keyOf
  }

  async enabled(): Promise<boolean> {
    const call = { method: 'HEAD', name: '', query: { restype: 'container' } } as const
    const { headers } = await this.#client.call(call)
    return headers['x-ms-immutable-storage-with-versioning-enabled'] === 'true'
  }

  async state(name: string): Promise<LockState> {
    const { headers } = await this.#call(name, { method: 'HEAD' })
    const until = headers['x-ms-immutability-policy-until-date']
    return {
      untilMs: typeof until === 'string' ? Date.parse(until) : undefined,
      held: headers['x-ms-legal-hold'] === 'true',
    }
  }

  async extend(name: string, untilMs: number): Promise<void> {
    const headers = policyHeaders(this.#mode, untilMs)
    await this.#call(name, { method: 'PUT', query: { comp: 'immutabilityPolicies' }, headers })
  }

  async hold(name: string, held: boolean): Promise<void> {
    const headers = { 'x-ms-legal-hold': String(held) }
    await this.#call(name, { method: 'PUT', query: { comp: 'legalhold' }, headers })
  }

  async #call(
    name: string,
    call: Omit<AzureCall, 'name'>,
  ): Promise<Awaited<ReturnType<AzureClient['call']>>> {
    const answer = await this.#client.call({ ...call, name: this.#keyOf(name) }, [404, 409])
    if (answer.status === 404) throw new IntegrityError('OBJECT_MISSING', `${name} is not there`)
    if (answer.status !== 409) return answer
    const message = `the lock of ${name} cannot be changed so: ${refusalOf(answer)}`
    throw new FaultError('OBJECT_LOCKED', message)
  }
}
