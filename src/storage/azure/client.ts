/**
 * Signed calls to one container of Azure Blob Storage, and what its refusals mean.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import { HttpExchange, type HttpPlace, type StoreAnswer, type StoreCall } from '../http/exchange.ts'
import { textOf } from '../http/xml.ts'
import { signAzure } from './signature.ts'

export type AzurePlace = HttpPlace & {
  readonly account: string
  readonly container: string
  /** Asked before each call: the account's key, or a shared access signature ('sv=…&sig=…'). */
  readonly secret: () => Promise<{ readonly key?: string; readonly sas?: string }>
}

export type AzureCall = Pick<StoreCall, 'method'> & {
  /** Of the blob; '' for the container. */
  readonly name: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Longest answer; default 4 MiB, for lists and refusals. */
  readonly answerMax?: number
}

/** The first with immutability of single blobs. */
const VERSION = '2020-06-12'
const ANSWER_MAX = 4 * 1024 * 1024

export class AzureClient implements AsyncDisposable {
  readonly #place: AzurePlace
  readonly #clock: Clock
  readonly #exchange: HttpExchange

  constructor(place: AzurePlace, clock: Clock) {
    this.#place = place
    this.#clock = clock
    this.#exchange = new HttpExchange(place)
  }

  /**
   * @param fine Statuses that the caller understands, beside 200 to 299.
   * @throws {FaultError} STORE_FAILED for every other answer, and for none.
   */
  async call(call: AzureCall, fine: readonly number[] = []): Promise<StoreAnswer> {
    const { account, container, endpoint, secret } = this.#place
    const { key, sas } = await secret()
    const { method, name, query = {}, body = new Uint8Array() } = call
    const base = endpoint.pathname.replace(/\/$/, '')
    const path = `${base}/${container}${name === '' ? '' : `/${name}`}`
    const headers: Record<string, string> = {
      ...call.headers,
      'x-ms-date': new Date(this.#clock.nowMs()).toUTCString(),
      'x-ms-version': VERSION,
    }
    if (key !== undefined) {
      const request = { method, account, path, query, headers, bodyLength: body.length }
      headers['authorization'] = signAzure(request, key)
    }
    const asked = new URLSearchParams(query).toString()
    const answer = await this.#exchange.call({
      method,
      target: `${path}?${[asked, sas?.replace(/^\?/, '') ?? ''].filter(Boolean).join('&')}`,
      headers,
      body,
      answerMax: call.answerMax ?? ANSWER_MAX,
    })
    const { status } = answer
    const understood = fine.includes(status) && refusalOf(answer) !== 'ContainerNotFound'
    if ((status < 200 || status > 299) && !understood) throw this.#refused(call, answer)
    return answer
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#exchange[Symbol.asyncDispose]()
  }

  #refused({ method, name }: AzureCall, answer: StoreAnswer): FaultError {
    const code = refusalOf(answer)
    const { container, endpoint } = this.#place
    const what = `${method} ${name === '' ? `container ${container}` : name}`
    const why = `${answer.status} ${code ?? ''}`.trim()
    const hint = HINTS[code ?? ''] ?? ''
    const message = `${endpoint.host} refused ${what}: ${why}. ${hint}`.trim()
    return new FaultError('STORE_FAILED', message)
  }
}

/** What to do about it. Source: Azure Storage REST API, "Common error codes". */
const HINTS: Readonly<Record<string, string>> = {
  AuthenticationFailed: 'The key or signature is another, or the clocks differ by 15 minutes.',
  AuthorizationFailure:
    'The key or signature is another, or the account’s network rules forbid it.',
  AuthorizationPermissionMismatch: 'The signature does not permit this.',
  ContainerNotFound: 'There is no such container: make it, or mend `container`.',
}

/** The code of a refusal; a HEAD has it in its header alone. */
export function refusalOf({ headers, body }: StoreAnswer): string | undefined {
  const code = headers['x-ms-error-code']
  if (typeof code === 'string') return code
  return textOf(Buffer.from(body).toString('utf8'), 'Code')
}
