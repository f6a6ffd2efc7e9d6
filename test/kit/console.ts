/** A console as the ring runs it, on a database of its own, and a client for its pages. */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { generate } from 'otplib'
import type pg from 'pg'
import { signatureOf } from '#crypto/webhook-signature.ts'
import type { KeyRing } from '#lib/key-ring.ts'
import { limitsInMemory } from '#lib/lockout/lockout.ts'
import { systemClock } from '#system/clock.ts'
import { openPool } from '#system/postgres/pool.ts'
import { askStaff } from '#services/staff/client.ts'
import { staffConfig } from '#services/staff/config.ts'
import type { Recovery, SendMail, StaffPorts, WaitingRequest } from '#services/staff/ports.ts'
import { serve } from '#services/staff/serve.ts'
import type { WatchPorts } from '#services/staff/watch/ports.ts'
import { startPostgres, temporaryFolder } from './postgres.ts'
import { RecordingTrail } from './recording-trail.ts'

type Told = { text: string; link: string; waiting: WaitingRequest | undefined }

/** With which the team's own program signs. */
export const hookSecret = 'a secret of the team and its program'
export const consoleOrigin = 'https://console.localhost:8443'

export type TestConsole = AsyncDisposable & {
  readonly socket: string
  readonly adminSocket: string
  readonly probePassword: string
  readonly trail: RecordingTrail
  /** What it was given. */
  readonly ports: StaffPorts
  readonly pool: pg.Pool
  /** What was mailed to people, and what went wrong out of everybody's sight. */
  readonly mails: readonly Parameters<SendMail>[0][]
  readonly faults: readonly string[]
  /** What the team's channel was told. */
  readonly told: readonly Told[]
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
}

/** A ring in which nothing happens. */
export const quietWatch: WatchPorts = {
  alerts: () => Promise.resolve([]),
  alert: () => Promise.resolve(undefined),
  acknowledge: () => Promise.resolve(false),
  incidents: () => Promise.resolve([]),
  breaches: () => Promise.resolve([]),
  openIncident: () => Promise.resolve(),
  updateIncident: () => Promise.resolve(),
  monitors: () => Promise.resolve([]),
  search: () => Promise.resolve({ rows: [], more: false, warnings: [] }),
  settings: () => Promise.resolve({ file: undefined, lines: [] }),
  mail: () =>
    Promise.resolve({
      days: [],
      sources: [],
      tls: [],
      queued: 0,
      sent: [],
      suppressions: [],
      templates: [],
    }),
  mailTemplate: () => Promise.resolve(undefined),
  mailPerson: () =>
    Promise.resolve({ victim: '0'.repeat(32), suppression: undefined, left: [], sent: [] }),
  silence: () => Promise.resolve(),
  lift: () => Promise.resolve(),
}

const nothingKept: Recovery = {
  backups: [],
  untilMs: undefined,
  uncertain: [],
  gaps: [],
  holds: [],
  destroyed: undefined,
}

/** @param shown What the ring is said to do; by default nothing happens in it. */
export async function startConsole(
  shown: Partial<
    Pick<StaffPorts, 'overview' | 'recovery' | 'watch' | 'clock' | 'loginLimits' | 'publicOrigin'>
  > = {},
  settings: unknown = {},
): Promise<TestConsole> {
  const server = await startPostgres()
  const folder = await temporaryFolder('console')
  await server.query('create schema staff')
  const pool = openPool({ ...server.connection, options: '-c search_path=staff' })
  const trail = new RecordingTrail()
  const mails: Parameters<SendMail>[0][] = []
  const faults: string[] = []
  const told: TestConsole['told'][number][] = []
  const place = {
    socket: join(folder, 'console.sock'),
    adminSocket: join(folder, 'staff.sock'),
    probePassword: randomBytes(24).toString('base64url'),
  }
  let keys: KeyRing = [randomBytes(32)]
  const ports: StaffPorts = {
    ...place,
    probePassword: () => place.probePassword,
    pool,
    clock: systemClock,
    trail,
    random: randomBytes,
    loginLimits: limitsInMemory(() => systemClock.monotonicMs()),
    nameKey: randomBytes(32),
    keys: () => keys,
    readAgain: () => {
      keys = [randomBytes(32), keys[0]]
      return Promise.resolve()
    },
    publicOrigin: consoleOrigin,
    selfApproval: false,
    approveByLink: true,
    tellTeam: (text, link, waiting) => {
      told.push({ text, link, waiting })
      return Promise.resolve()
    },
    hookSecret,
    sendMail: (mail) => {
      mails.push(mail)
      return Promise.resolve()
    },
    onFault: (what, error) => void faults.push(`${what}: ${String(error)}`),
    overview: () => Promise.resolve({ claims: [], processes: [], backups: [] }),
    recovery: () => Promise.resolve(nothingKept),
    access: {
      start: () => Promise.resolve({ role: 'jit_x', url: 'postgres://x', untilMs: 0 }),
      end: () => Promise.resolve(),
      list: () => Promise.resolve([]),
    },
    watch: quietWatch,
    ...shown,
  }
  const running = await serve(staffConfig.parse(settings), ports)
  return {
    ...place,
    trail,
    ports,
    pool,
    mails,
    told,
    faults,
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
  /** The Content-Security-Policy. */
  readonly policy: string
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
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): Promise<Page> {
  const body = new URLSearchParams(more.fields).toString()
  const headers = {
    origin: more.origin ?? consoleOrigin,
    'content-type': 'application/x-www-form-urlencoded',
    'x-forwarded-for': more.address ?? '192.0.2.1',
    cookie: more.cookie ?? '',
    ...more.headers,
  }
  return askWith(socket, method, path, headers, body)
}

/** What a program posts: JSON, signed by this secret, without cookie and origin. */
export function askAsProgram(
  { socket }: { readonly socket: string },
  path: string,
  said: object,
  secret: string,
  more: { readonly atMs?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Page> {
  const body = JSON.stringify(said)
  const headers = {
    'content-type': 'application/json',
    'x-forwarded-for': '198.51.100.7',
    'x-veilig-signature': signatureOf(secret, body, more.atMs ?? systemClock.nowMs()),
    ...more.headers,
  }
  return askWith(socket, 'POST', path, headers, body)
}

function askWith(
  socketPath: string,
  method: string,
  path: string,
  given: Readonly<Record<string, string>>,
  body: string,
): Promise<Page> {
  const headers = { ...given, 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, headers })
    call.on('error', reject)
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        const set = response.headers['set-cookie'] ?? []
        const cookie = set.map((line) => line.split(';')[0]).join('; ')
        const { statusCode: status = 0, headers: said } = response
        const policy = String(said['content-security-policy'])
        resolve({ status, to: said.location ?? '', text, cookie, policy })
      })
    })
    call.end(body)
  })
}

const PASSWORD = 'a quiet river at dawn'

export type Person = {
  readonly name: string
  readonly password: string
  /** Of the authenticator app. */
  readonly seed: string
  /** Of the session that begins with the account. */
  readonly cookie: string
}

/** Somebody of a role, invited, with a password and an authenticator app. */
export async function enrolled(
  desk: Pick<TestConsole, 'socket' | 'adminSocket'>,
  name: string,
  role: string,
): Promise<Person> {
  const { link } = (await askStaff(desk.adminSocket, '/invite', { name, role })) as { link: string }
  const token = new URL(link).pathname.split('/').at(-1) ?? ''
  const fields = { token, password: PASSWORD }
  const { cookie } = await askConsole(desk, 'POST', '/invitation', { fields })
  const page = await askConsole(desk, 'GET', '/enrol', { cookie })
  const seed = /class="seed">([^<]+)/.exec(page.text)?.[1]?.replaceAll(' ', '') ?? ''
  const code = await generate({ secret: seed })
  const proof = { csrf: csrfIn(page), code }
  const done = await askConsole(desk, 'POST', '/enrol/totp', { cookie, fields: proof })
  return { name, password: PASSWORD, seed, cookie: done.cookie }
}

/** @returns The session's cookies. */
export async function signedIn(desk: TestConsole, name: string, role: string): Promise<string> {
  return (await enrolled(desk, name, role)).cookie
}

/** The token that the forms of a page carry. */
export function csrfIn(page: Page): string {
  return /name="csrf" value="([^"]+)/.exec(page.text)?.[1] ?? ''
}
