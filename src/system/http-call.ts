/**
 * One HTTPS call to somebody else's service, bounded in time and size, never following a redirect.
 *
 * Names under `.localhost` lead to this machine whatever its resolver thinks (RFC 6761 §6.3).
 *
 * @module
 */
import { request } from 'node:https'
import type { LookupFunction } from 'node:net'
import { FaultError } from '#lib/errors.ts'

export type HttpCall = {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export type HttpAnswer = { readonly status: number; readonly text: string }

export type CallHttp = (call: HttpCall) => Promise<HttpAnswer>

const SIZE_MAX = 1024 * 1024

const localLookup: LookupFunction = (_name, options, callback) => {
  if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }])
  else callback(null, '127.0.0.1', 4)
}

/**
 * @param ca An authority to trust in place of Node's own list, PEM.
 * @param lookup In place of the system's.
 * @throws {FaultError} HTTP_CALL_FAILED from the function returned: no whole answer came.
 */
export function httpCaller(timeoutMs: number, ca?: string, lookup?: LookupFunction): CallHttp {
  return ({ method, url, headers = {}, body = '' }) =>
    new Promise((resolve, reject) => {
      const { host, hostname } = new URL(url)
      const failed = (cause: Error): void =>
        reject(new FaultError('HTTP_CALL_FAILED', `${host}: ${cause.message}`, { cause }))
      const call = request(url, {
        method,
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        signal: AbortSignal.timeout(timeoutMs),
        agent: false,
        ...(ca === undefined ? {} : { ca }),
        ...(lookup ? { lookup } : hostname.endsWith('.localhost') ? { lookup: localLookup } : {}),
      })
      call.on('error', failed)
      call.on('response', (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > SIZE_MAX) call.destroy(new Error('the answer is too large'))
          else chunks.push(chunk)
        })
        response.on('error', failed)
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
          })
        })
      })
      call.end(body)
    })
}
