/** A console as the ring runs it, on a database of its own, and a client for its pages. */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import type pg from 'pg'
import { limitsInMemory } from '#lib/lockout/lockout.ts'
import { systemClock } from '#system/clock.ts'
import { openPool } from '#system/postgres/pool.ts'
import { staffConfig } from '#services/staff/config.ts'
import { serve } from '#services/staff/serve.ts'
import { startPostgres, temporaryFolder } from './postgres.ts'
import { RecordingTrail } from './recording-trail.ts'

export const consoleOrigin = 'https://console.localhost:8443'

export type TestConsole = AsyncDisposable & {
  readonly socket: string
  readonly adminSocket: string
  readonly probePassword: string
  readonly trail: RecordingTrail
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
}

export async function startConsole(): Promise<TestConsole> {
  const server = await startPostgres()
  const folder = await temporaryFolder('console')
  await server.query('create schema staff')
  const pool = openPool({ ...server.connection, options: '-c search_path=staff' })
  const trail = new RecordingTrail()
  const place = {
    socket: join(folder, 'console.sock'),
    adminSocket: join(folder, 'staff.sock'),
    probePassword: randomBytes(24).toString('base64url'),
  }
  const running = await serve(staffConfig.parse({}), {
    ...place,
    pool,
    clock: systemClock,
    trail,
    random: randomBytes,
    loginLimits: limitsInMemory(() => systemClock.monotonicMs()),
    key: randomBytes(32),
    publicOrigin: consoleOrigin,
    selfApproval: false,
    overview: () => Promise.resolve({ claims: [], processes: [], backups: [] }),
    recovery: () => Promise.resolve({ backups: [], untilMs: undefined, uncertain: [] }),
    access: {
      start: () => Promise.resolve({ role: 'jit_x', url: 'postgres://x', untilMs: 0 }),
      end: () => Promise.resolve(),
      list: () => Promise.resolve([]),
    },
  })
  return {
    ...place,
    trail,
    query: (sql, values) => server.query(sql, values),
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]()
      await pool.end()
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type Page = {
  readonly status: number
  readonly to: string
  readonly text: string
  /** What the next request sends back. */
  readonly cookie: string
}

/** One request as the web-gateway hands it on. */
export function askConsole(
  { socket }: { readonly socket: string },
  method: string,
  path: string,
  more: {
    readonly fields?: Readonly<Record<string, string>>
    readonly cookie?: string
    readonly origin?: string
    readonly address?: string
  } = {},
): Promise<Page> {
  const body = new URLSearchParams(more.fields).toString()
  const headers = {
    origin: more.origin ?? consoleOrigin,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
    'x-forwarded-for': more.address ?? '192.0.2.1',
    cookie: more.cookie ?? '',
  }
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: socket, method, path, headers })
    call.on('error', reject)
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        const set = response.headers['set-cookie'] ?? []
        const cookie = set.map((line) => line.split(';')[0]).join('; ')
        const { statusCode: status = 0, headers: said } = response
        resolve({ status, to: said.location ?? '', text, cookie })
      })
    })
    call.end(body)
  })
}
