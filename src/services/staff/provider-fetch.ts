/**
 * `fetch` that trusts an authority of the company's own, and takes no more than it should.
 *
 * @module
 */
import { request } from 'node:https'
import type { CustomFetch } from 'openid-client'

const REPLY_MAX_BYTES = 1024 * 1024

/** @param ca PEM; undefined: the authorities of Node. */
export function fetchWith(ca: string | undefined): CustomFetch {
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const options = { method, headers, ...(ca === undefined ? {} : { ca }) }
      const call = request(url, { ...options, ...(signal ? { signal } : {}) })
      call.on('error', reject)
      call.on('response', (response) => {
        const parts: Buffer[] = []
        let size = 0
        response.on('error', reject)
        response.on('data', (part: Buffer) => {
          size += part.length
          if (size > REPLY_MAX_BYTES) call.destroy(new Error('the reply is too large'))
          else parts.push(part)
        })
        response.on('end', () => {
          const said = new Headers()
          for (const [name, value] of Object.entries(response.headers))
            said.set(name, Array.isArray(value) ? value.join(', ') : (value ?? ''))
          const status = response.statusCode ?? 502
          const text = status === 204 || status === 304 ? null : Buffer.concat(parts)
          resolve(new Response(text, { status, headers: said }))
        })
      })
      if (typeof body === 'string' || body instanceof Uint8Array) call.write(body)
      else if (body instanceof URLSearchParams) call.write(body.toString())
      call.end()
    })
}
