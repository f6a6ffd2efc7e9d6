/**
 * Signed calls to one bucket, and what its refusals mean.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import { HttpExchange, type HttpPlace, type StoreAnswer, type StoreCall } from '../http/exchange.ts'
import { textOf } from '../http/xml.ts'
import { signRequest, type S3Credentials } from './signature.ts'

export type S3Place = HttpPlace & {
  /** As the server calls itself in signatures: 'eu-west-3'. */
  readonly region: string
  readonly bucket: string
  /** Whether the bucket stands in the path; else it stands before the host's name. */
  readonly pathStyle: boolean
  /** Asked before each call, so that keys may change while we run. */
  readonly credentials: () => Promise<S3Credentials>
}

export type S3Call = Pick<StoreCall, 'method'> & {
  /** Key of the object; '' for the bucket. */
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Longest answer; default 4 MiB, for lists and refusals. */
  readonly answerMax?: number
}

const ANSWER_MAX = 4 * 1024 * 1024

export class S3Client implements AsyncDisposable {
  readonly #place: S3Place
  readonly #clock: Clock
  readonly #exchange: HttpExchange
  readonly #base: string

  constructor(place: S3Place, clock: Clock) {
    const endpoint = new URL(place.endpoint)
    if (!place.pathStyle) endpoint.hostname = `${place.bucket}.${endpoint.hostname}`
    this.#place = { ...place, endpoint }
    this.#clock = clock
    this.#exchange = new HttpExchange(this.#place)
    this.#base = place.pathStyle ? `/${place.bucket}/` : '/'
  }

  /**
   * @param fine Statuses that the caller understands, beside 200 to 299.
   * @throws {FaultError} STORE_FAILED for every other answer, and for none.
   */
  async call(call: S3Call, fine: readonly number[] = []): Promise<StoreAnswer> {
    const { region, endpoint, credentials } = this.#place
    const body = call.body ?? new Uint8Array()
    const signed = signRequest(
      {
        method: call.method,
        path: `${this.#base}${call.key}`,
        query: call.query ?? {},
        headers: { ...call.headers, host: endpoint.host },
        body,
        region,
        nowMs: this.#clock.nowMs(),
      },
      await credentials(),
    )
    const answer = await this.#exchange.call({
      method: call.method,
      target: signed.target,
      headers: signed.headers,
      body,
      answerMax: call.answerMax ?? ANSWER_MAX,
    })
    const { status } = answer
    const unknownBucket = status === 404 && codeOf(answer) === 'NoSuchBucket'
    if (
      (status < 200 || status > 299 || unknownBucket) &&
      !(fine.includes(status) && !unknownBucket)
    )
      throw this.#refused(call, answer)
    return answer
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#exchange[Symbol.asyncDispose]()
  }

  #refused({ method, key }: S3Call, answer: StoreAnswer): FaultError {
    const code = codeOf(answer)
    const what = `${method} ${key === '' ? `bucket ${this.#place.bucket}` : key}`
    const why = `${answer.status} ${code ?? ''}`.trim()
    const hint = HINTS[code ?? ''] ?? textOf(textIn(answer), 'Message') ?? ''
    const message = `${this.#place.endpoint.host} refused ${what}: ${why}. ${hint}`.trim()
    return new FaultError('STORE_FAILED', message)
  }
}

/** What to do about it. Source: S3 API Reference, "Error responses". */
const HINTS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'There is no such bucket: make it, or mend `bucket`.',
  RequestTimeTooSkewed: 'The clocks differ by more than 15 minutes: set this machine’s.',
  SignatureDoesNotMatch: 'The secret key is another, or `region` is.',
  InvalidAccessKeyId: 'The server does not know the access key.',
  AccessDenied: 'The key’s policy forbids it.',
  PermanentRedirect: 'The bucket is in another region: mend `region` or `endpoint`.',
  NotImplemented: 'The server does not know this; `veilig doctor` says what a region must know.',
}

/** The code in a refusal's body; a HEAD has none. */
export function codeOf(answer: StoreAnswer): string | undefined {
  return textOf(textIn(answer), 'Code')
}

export function textIn({ body }: StoreAnswer): string {
  return Buffer.from(body).toString('utf8')
}
