/**
 * The counters, read over a unix socket by neighbours on the same machine.
 *
 * @module
 */
import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname } from 'node:path'
import { FaultError } from '#lib/errors.ts'
import type { Metrics } from './metrics.ts'

/**
 * Answers `GET /` with the counters as JSON.
 *
 * @throws {FaultError} LISTEN_FAILED.
 */
export async function serveMetrics(path: string, metrics: Metrics): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await rm(path, { force: true }) // left by a process that was killed
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(metrics))
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
