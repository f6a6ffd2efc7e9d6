/**
 * The witness's door: HTTP, a few questions.
 *
 * @module
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ADD_CHECKPOINT_SIZE_MAX } from '#crypto/witness-message.ts'
import { FaultError, VeiligError } from '#lib/errors.ts'
import type { RunningService } from '#system/service.ts'
import type { WitnessConfig } from './config.ts'
import type { WitnessPorts } from './ports.ts'
import { Witness, type WitnessAnswer } from './session.ts'

export type RunningWitness = RunningService & {
  readonly port: number
  readonly verifierKey: string
}

const CONNECTIONS_MAX = 256
const REQUEST_TIMEOUT_MS = 10_000

/**
 * Starts the witness; resolves once it listens.
 *
 * @throws {IntegrityError} When its memory is not what it wrote: it then signs nothing at all.
 * @throws {FaultError} PORT_IN_USE.
 */
export async function serveWitness(
  config: WitnessConfig,
  ports: WitnessPorts,
): Promise<RunningWitness> {
  const witness = await Witness.open(config, ports)
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined) // whoever waits for it hears of it
  const server = createServer((request, response) => {
    answer(witness, request)
      .then(({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type }).end(body)
      })
      .catch((error: unknown) => {
        response.destroy()
        if (error instanceof VeiligError || !request.errored) fail(error) // else the client left
      })
  })
  server.maxConnections = CONNECTIONS_MAX
  server.requestTimeout = REQUEST_TIMEOUT_MS
  server.headersTimeout = REQUEST_TIMEOUT_MS
  server.listen(config.port, config.listen)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const message = `${config.listen}:${config.port}: ${(cause as Error).message}`
    throw new FaultError('LISTEN_FAILED', message, { cause })
  }
  const { port } = server.address() as AddressInfo
  return {
    port,
    verifierKey: witness.verifierKey,
    failed,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  witness: Witness,
  request: IncomingMessage,
): Promise<Pick<WitnessAnswer, 'type' | 'body'> & { readonly status: number }> {
  const url = URL.parse(request.url ?? '/', 'http://witness')
  const text = (
    status: number,
    body: string,
  ): { status: number; type: 'text/plain'; body: string } => ({ status, type: 'text/plain', body })
  if (!url) return text(400, '')
  const asked = `${request.method} ${url.pathname}`
  if (asked === 'POST /add-checkpoint') {
    const body = await readBody(request)
    return body === undefined ? text(413, '') : witness.add(body)
  }
  if (asked === 'POST /add-key') {
    const body = await readBody(request)
    return body === undefined ? text(413, '') : witness.addKey(body)
  }
  if (asked === 'GET /key') return text(200, `${witness.verifierKey}\n`)
  if (asked === 'GET /origins')
    return text(
      200,
      witness
        .origins()
        .map((it) => `${it}\n`)
        .join(''),
    )
  const note =
    asked === 'GET /checkpoint' ? witness.latest(url.searchParams.get('origin') ?? '') : undefined
  return note === undefined ? text(404, '') : text(200, note)
}

/** The whole body, or undefined when it is larger than a request may be. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > ADD_CHECKPOINT_SIZE_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
