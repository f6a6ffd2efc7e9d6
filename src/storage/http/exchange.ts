/**
 * Calls to an object store over HTTP: kept connections, bounded in time and size, no redirects.
 *
 * @module
 */
import { Agent as PlainAgent, request as plainRequest, type IncomingHttpHeaders } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { FaultError } from '#lib/errors.ts'

export type HttpPlace = {
  /** Scheme, host and port; what is behind is not looked at. */
  readonly endpoint: URL
  /** PEM of an authority to trust in place of Node's own list. */
  readonly ca?: string | undefined
  /** Longest silence, and longest time for an empty exchange. */
  readonly timeoutMs: number
}

export type StoreCall = {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Path and query, encoded. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | undefined
  /** Longest answer that is taken. */
  readonly answerMax: number
}

export type StoreAnswer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

/** At once to one server: what is more waits for its turn. */
const SOCKETS_MAX = 16
/** A body that comes or goes slower than this is a dead line. */
const SLOWEST_BYTES_PER_MS = 16

export class HttpExchange implements AsyncDisposable {
  readonly #place: HttpPlace
  readonly #agent: PlainAgent
  readonly #request: typeof plainRequest

  constructor(place: HttpPlace) {
    this.#place = place
    const settings = { keepAlive: true, maxSockets: SOCKETS_MAX, scheduling: 'lifo' } as const
    const plain = place.endpoint.protocol === 'http:'
    this.#agent = plain
      ? new PlainAgent(settings)
      : new TlsAgent({ ...settings, ...(place.ca === undefined ? {} : { ca: place.ca }) })
    this.#request = plain ? plainRequest : tlsRequest
  }

  /** @throws {FaultError} STORE_FAILED when no whole answer came. Every status is an answer. */
  call(call: StoreCall): Promise<StoreAnswer> {
    const { endpoint, timeoutMs } = this.#place
    const { method, target, headers, body = new Uint8Array(), answerMax } = call
    return new Promise((resolve, reject) => {
      const fail = (cause: Error): void => {
        const why = cause.name === 'TimeoutError' ? 'it took too long' : cause.message
        reject(new FaultError('STORE_FAILED', `${endpoint.host}: ${why}`, { cause }))
      }
      const signal = AbortSignal.timeout(
        timeoutMs + Math.ceil((body.length + answerMax) / SLOWEST_BYTES_PER_MS),
      )
      const call = this.#request({
        method,
        host: endpoint.hostname.replace(/^\[|\]$/g, ''),
        port: endpoint.port || (endpoint.protocol === 'http:' ? 80 : 443),
        path: target,
        headers: { ...headers, 'content-length': body.length },
        agent: this.#agent,
        signal,
      })
      call.setTimeout(timeoutMs, () => call.destroy(new Error('it fell silent')))
      call.on('error', fail)
      call.on('response', (response) => {
        const pieces: Buffer[] = []
        let size = 0
        response.on('data', (piece: Buffer) => {
          size += piece.length
          if (size > answerMax) call.destroy(new Error('the answer is too large'))
          else pieces.push(piece)
        })
        response.on('error', fail)
        response.on('end', () => {
          // A copy of its own: the pieces may share memory with other answers.
          const joined = new Uint8Array(Buffer.concat(pieces))
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: joined })
        })
      })
      call.end(body)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy()
  }
}

/** A host header as HTTP wants it: without the scheme's own port. */
export function hostOf({ endpoint }: HttpPlace): string {
  return endpoint.host
}
