/**
 * Serves small pages on a unix socket: one request in, one answer out, both bounded.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { FaultError } from '#lib/errors.ts'
import { listenOnUnix } from '#system/unix-server.ts'

const REQUEST_TIMEOUT_MS = 10_000
const BODY_MAX_BYTES = 8192

export type Fetch = (request: Request) => Response | Promise<Response>

/** @throws {FaultError} LISTEN_FAILED. */
export async function serveOnSocket(path: string, fetch: Fetch): Promise<AsyncDisposable> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (incoming, outgoing) => {
    void reply(incoming, outgoing, fetch)
  })
  try {
    return await listenOnUnix(server, path)
  } catch (cause) {
    const message = `cannot listen on ${path}: ${(cause as Error).message}`
    throw new FaultError('LISTEN_FAILED', message, { cause })
  }
}

async function reply(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fetch: Fetch,
): Promise<void> {
  try {
    const response = await fetch(await requestFrom(incoming))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(Buffer.from(await response.arrayBuffer()))
  } catch (error) {
    outgoing.writeHead(error instanceof RangeError ? 413 : 503, { 'content-type': 'text/plain' })
    outgoing.end()
  }
}

/** @throws {RangeError} When the body is larger than any form of ours. */
async function requestFrom(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_MAX_BYTES) throw new RangeError('body too large')
    chunks.push(chunk)
  }
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, String(value))
  }
  const method = incoming.method ?? 'GET'
  const url = new URL(incoming.url ?? '/', 'http://socket.localhost')
  const body = size > 0 && method !== 'GET' && method !== 'HEAD' ? Buffer.concat(chunks) : null
  return new Request(url, { method, headers, body })
}
