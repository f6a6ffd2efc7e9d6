/** The status service for tests: real database, real sockets, components that a test can break. */
import { request } from 'node:http'
import { join } from 'node:path'
import type pg from 'pg'
import { RecordingTrail } from '#kit/recording-trail.ts'
import type { TestPostgres } from '#kit/postgres.ts'
import { words } from '#lib/claims/claim.ts'
import { statusConfig } from '#services/status/config.ts'
import type { StatusJson } from '#services/status/json.ts'
import type { Looked } from '#services/status/monitors/look.ts'
import type { StatusPorts, Watched } from '#services/status/ports.ts'
import { serveStatus } from '#services/status/serve.ts'
import { systemClock } from '#system/clock.ts'
import { openPool } from '#system/postgres/pool.ts'

type Answer = { status: number; body: string }

export type TestStatus = AsyncDisposable & {
  readonly trail: RecordingTrail
  readonly pool: pg.Pool
  readonly socket: string
  readonly controlSocket: string
  /** What its process complained of. */
  readonly complaints: string[]
  get(path: string): Promise<{ status: number; body: string }>
  /** As a browser sends a form. */
  post(path: string, fields: Readonly<Record<string, string>>): Promise<Answer>
  json(): Promise<StatusJson>
  /** Waits until the status is as wanted. */
  until(wanted: (status: StatusJson) => boolean): Promise<StatusJson>
}

export type StatusOptions = {
  readonly folder: string
  readonly server: TestPostgres
  readonly watched?: readonly Watched[]
  readonly config?: object
  readonly change?: Partial<StatusPorts>
  readonly trail?: RecordingTrail
}

/** A component that is as `how` says. */
export function component(id: string, how: () => Looked | Promise<Looked>): Watched {
  const name = words(`Onderdeel ${id}`, `Component ${id}`, `Composant ${id}`)
  return { id, name, look: () => Promise.resolve(how()) }
}

const UNTIL_MS = 30_000

export async function startStatus(options: StatusOptions): Promise<TestStatus> {
  const { folder, server } = options
  await using started = new AsyncDisposableStack()
  await server.query('create schema if not exists status')
  const pool = openPool({ ...server.connection, options: '-c search_path=status', max: 4 })
  started.defer(() => pool.end())
  const trail = options.trail ?? new RecordingTrail()
  const complaints: string[] = []
  const socket = join(folder, 's.sock')
  const controlSocket = join(folder, 'c.sock')
  const config = statusConfig.parse({ intervalSeconds: 1, timeoutSeconds: 1, ...options.config })
  const service = await serveStatus(config, {
    watched: options.watched ?? [component('one', () => ({ up: true, tookMs: 3 }))],
    reference: () => Promise.resolve(),
    pool,
    clock: systemClock,
    trail,
    socket,
    controlSocket,
    complain: (code, message) => complaints.push(`${code} ${message}`),
    ...options.change,
  })
  started.use(service)
  const get = (path: string): ReturnType<TestStatus['get']> => fetchUnix(socket, path)
  const json = async (): Promise<StatusJson> =>
    JSON.parse((await get('/status.json')).body) as StatusJson
  const all = started.move()
  return {
    trail,
    pool,
    socket,
    controlSocket,
    complaints,
    get,
    post: (path, fields) => fetchUnix(socket, path, new URLSearchParams(fields).toString()),
    json,
    until: async (wanted) => {
      const deadline = Date.now() + UNTIL_MS
      for (;;) {
        const status = await json()
        if (wanted(status)) return status
        if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(status)}`)
        await systemClock.sleep(100)
      }
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function fetchUnix(socketPath: string, path: string, form?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      'accept-language': 'nl',
      ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    }
    const method = form === undefined ? 'GET' : 'POST'
    const call = request({ socketPath, path, method, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    call.on('error', reject).end(form)
  })
}
