/**
 * One HTTPS call to somebody else's service, bounded in time and size, never following a redirect.
 *
 * Names under `.localhost` lead to this machine whatever its resolver thinks (RFC 6761 §6.3).
 *
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import type { LookupFunction } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { FaultError } from '#lib/errors.ts'

export type HttpCall = {
  readonly method: 'GET' | 'POST' | 'DELETE'
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
  const bounds = { timeoutMs, sizeMax: SIZE_MAX, ca, lookup }
  return async (call) => {
    const { status, bytes } = await answerTo(call, bounds)
    return { status, text: bytes.toString('utf8') }
  }
}

export type HttpFile = { readonly status: number; readonly bytes: Buffer }

export type FetchFile = (url: string) => Promise<HttpFile>

/**
 * Gets files that may come compressed.
 *
 * @param sizeMax Of a file, unpacked, in bytes.
 * @param ca An authority to trust in place of Node's own list, PEM.
 * @throws {FaultError} HTTP_CALL_FAILED from the function returned: no whole file came.
 */
export function fileFetcher(timeoutMs: number, sizeMax: number, ca?: string): FetchFile {
  const accept = { 'accept-encoding': 'gzip, identity' }
  return async (url) => {
    const call = { method: 'GET', url, headers: accept } as const
    const { status, headers, bytes } = await answerTo(call, { timeoutMs, sizeMax, ca })
    if (headers['content-encoding'] !== 'gzip') return { status, bytes }
    try {
      return { status, bytes: gunzipSync(bytes, { maxOutputLength: sizeMax }) }
    } catch (cause) {
      const message = `${new URL(url).host}: ${(cause as Error).message}`
      throw new FaultError('HTTP_CALL_FAILED', message, { cause })
    }
  }
}

type Bounds = {
  readonly timeoutMs: number
  readonly sizeMax: number
  readonly ca?: string | undefined
  readonly lookup?: LookupFunction | undefined
}

type WholeAnswer = HttpFile & { readonly headers: IncomingHttpHeaders }

function answerTo(
  { method, url, headers = {}, body = '' }: HttpCall,
  { timeoutMs, sizeMax, ca, lookup }: Bounds,
): Promise<WholeAnswer> {
  return new Promise((resolve, reject) => {
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
        chunks.push(chunk)
        if (size <= sizeMax) return
        failed(new Error('the answer is too large')) // its end may be here already
        call.destroy()
      })
      response.on('error', failed)
      response.on('end', () => {
        const { statusCode: status = 0, headers: fields } = response
        resolve({ status, headers: fields, bytes: Buffer.concat(chunks) })
      })
    })
    call.end(body)
  })
}
