/**
 * The notary's door: HTTP on a unix socket, one request for each measurement.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { STATEMENT_SIZE_MAX } from '#lib/claims/statement.ts'
import { DeniedError, ProtocolError, VeiligError } from '#lib/errors.ts'
import type { RunningService } from '#system/service.ts'
import { followHeirs } from '#system/successive-key.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import type { NotaryConfig } from './config.ts'
import type { NotaryPorts } from './ports.ts'
import { Notary } from './session.ts'

const CONNECTIONS_MAX = 16
const REQUEST_TIMEOUT_MS = 10_000

/**
 * Opens the log and the door.
 *
 * @throws {IntegrityError} EVIDENCE_ALTERED and others: it then signs nothing at all.
 */
export async function serveNotary(
  config: NotaryConfig,
  ports: NotaryPorts,
): Promise<RunningService> {
  const notary = await Notary.open(config, ports)
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined) // whoever waits for it hears of it
  const server = createServer((request, response) => {
    void answer(notary, request, response, fail)
  })
  server.maxConnections = CONNECTIONS_MAX
  server.requestTimeout = REQUEST_TIMEOUT_MS
  server.headersTimeout = REQUEST_TIMEOUT_MS
  await using started = new AsyncDisposableStack()
  const heirs = followHeirs(ports.key, ports.clock, (heir) => notary.takeOver(heir))
  heirs.failed.catch(fail)
  started.use(heirs)
  started.use(await listenOnUnix(server, ports.socket))
  const running = started.move()
  return { failed, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function answer(
  notary: Notary,
  request: IncomingMessage,
  response: ServerResponse,
  fail: (reason: unknown) => void,
): Promise<void> {
  try {
    if (request.method !== 'POST' || request.url !== '/measurements')
      return reply(response, 404, {})
    const body = await readBody(request)
    if (!body) return reply(response, 413, { code: 'EVIDENCE_INVALID' })
    reply(response, 200, await notary.submit(body))
  } catch (error) {
    const { code, message } =
      error instanceof VeiligError ? error : { code: 'BUG', message: 'see the log' }
    const refused = error instanceof ProtocolError || error instanceof DeniedError
    reply(response, refused ? 400 : 500, { code, message })
    if (!refused) fail(error)
  }
}

/** The whole body, or undefined when it is larger than a statement may be. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > STATEMENT_SIZE_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
