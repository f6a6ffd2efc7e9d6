/**
 * The gateway's own door, a unix socket for neighbours on the same machine: the counters, and the
 * word to read the configuration again.
 *
 * @module
 */
import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname } from 'node:path'
import { FaultError, VeiligError } from '#lib/errors.ts'
import type { Metrics } from './metrics.ts'

/**
 * Answers `GET /` with the counters as JSON, and `POST /reload` when the configuration was read
 * again: 204, or 409 with the code and the sentence of what is wrong with it.
 *
 * @throws {FaultError} LISTEN_FAILED.
 */
export async function serveControl(
  path: string,
  counters: () => Promise<Metrics>,
  readAgain: (() => Promise<void>) | undefined,
): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await rm(path, { force: true }) // left by a process that was killed
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.method !== 'POST' || request.url !== '/reload' || !readAgain) {
      return void counters().then((metrics) => response.end(JSON.stringify(metrics)))
    }
    void readAgain().then(
      () => response.writeHead(204).end(),
      (error: Error) => {
        const code = error instanceof VeiligError ? error.code : 'UNKNOWN'
        response.writeHead(409).end(JSON.stringify({ code, message: error.message }))
      },
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new FaultError('LISTEN_FAILED', `cannot listen on ${path}: ${cause.message}`, { cause }),
      )
    })
    server.listen(path, resolve)
  })
  await chmod(path, 0o600)
  return {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
