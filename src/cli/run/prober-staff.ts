/**
 * Composes the probes of internal practices: people's ways in, source, credentials, updates.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import type { Socket } from 'node:net'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { accessClient } from '#services/access/client.ts'
import { proveOutside, type Proof } from '#services/prober/outside-services.ts'
import type { Probe } from '#services/prober/probe.ts'
import {
  rotatedProbe,
  twoFactorProbe,
  type OutsideFigures,
} from '#services/prober/probes/credentials.ts'
import { isolationProbe } from '#services/prober/probes/staff-isolation.ts'
import {
  leastPrivilegeProbe,
  type LoginRole,
  type ProbeGrant,
} from '#services/prober/probes/staff-leastprivilege.ts'
import { noSecretsProbe, type Scanned } from '#services/prober/probes/staff-nosecrets.ts'
import { patchedProbe, type Patched } from '#services/prober/probes/updates-patched.ts'
import type { StaffFigures } from '#services/staff/admin.ts'
import { askStaff } from '#services/staff/client.ts'
import { PROBE_NAME } from '#services/staff/probe-account.ts'
import { httpCaller } from '#system/http-call.ts'
import { secretIn } from '#system/secret-file.ts'
import type { Context, ServiceContext } from '../context.ts'
import { credentialAges } from '../credentials.ts'
import { locksOf, patchesOf } from '../inventory.ts'
import { applicationRoles } from './application-role.ts'
import { fileMark, sourceMark, type Mark } from './prober-marks.ts'

const LOOPBACK = '127.0.0.1'
const SCAN_OUTPUT_MAX = 16 * 1024 * 1024
const LOWEST_PRIORITY = constants.priority.PRIORITY_LOW
const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Roles of programs. Any other that can log in is taken for a person's. */
const programRoles: readonly string[] = [
  'postgres',
  'reservations_owner',
  ...applicationRoles.map(({ role }) => role),
  'veilig_access',
  'veilig_backup',
  'veilig_gateway',
  'veilig_watch',
  'veilig_prober',
]

/** The probes of staff.*, credentials.* and updates.*, by claim. */
export async function staffProbes(
  context: ServiceContext,
  ca: string,
  prober: pg.ClientConfig,
): Promise<readonly (readonly [string, Probe])[]> {
  const { paths, clock, config } = context
  const access = accessClient(paths.socket('access'))
  const look = config.updates.advisories
  const repositories = declaredRepositories(context)
  const source = sourceMark(repositories, config.secrets.baseline)
  const staff = paths.socket('staff')
  const prove = outsideProofs(context)
  const outside = async (): Promise<OutsideFigures> => {
    for (const proof of await prove()) await askStaff(staff, '/outside/prove', proof)
    return (await askStaff(staff, '/outside/figures')) as OutsideFigures
  }
  return [
    [
      'staff.leastprivilege',
      leastPrivilegeProbe({
        programs: programRoles,
        minutesMax: config.access.minutesMax,
        roles: () => loginRoles(prober),
        grant: (seconds) => access.start('probe', seconds, 'probe', 'probe'),
        login: (grant) => login(prober, grant),
        nowMs: () => clock.nowMs(),
      }),
    ],
    ['staff.isolation', isolationProbe(config.staff.internalHosts)],
    [
      'staff.nosecrets',
      noSecretsProbe(repositories.length === 0 ? undefined : scanAside(context, source), source),
    ],
    [
      'credentials.rotated',
      rotatedProbe({
        ages: async () =>
          (await credentialAges(context)).map(({ name, ageMs, renewed }) => {
            return { name, ageMs, kept: renewed === 'kept' }
          }),
        outside,
        forcedDays: config.staff.forcedDays,
      }),
    ],
    [
      'credentials.twofactor',
      twoFactorProbe({
        outside,
        figures: async () => (await askStaff(paths.socket('staff'), '/figures')) as StaffFigures,
        passwordOnly: async (signal) => {
          const password = await secretIn(paths.secret('prober', 'staff-password'))
          return passwordOnly(context, ca, password, signal)
        },
      }),
    ],
    [
      'updates.patched',
      patchedProbe(
        look === undefined ? undefined : () => patched(context, look, prober),
        fileMark(look === undefined ? [] : [look, ...locksOf(context)]),
      ),
    ],
  ]
}

const OUTSIDE_MS = 10_000
const OUTSIDE_EVERY_MS = 900_000

/** Asks each API at most every quarter of an hour; in between there is nothing to hand in. */
function outsideProofs({ config, clock }: Context): () => Promise<readonly Proof[]> {
  let askedMs = -Infinity
  return async () => {
    if (clock.monotonicMs() - askedMs < OUTSIDE_EVERY_MS) return []
    askedMs = clock.monotonicMs()
    return Promise.all(
      config.prober.outside.map(async (account) => {
        const ca = account.caFile === undefined ? undefined : await readFile(account.caFile, 'utf8')
        return proveOutside(account, httpCaller(OUTSIDE_MS, ca))
      }),
    )
  }
}

/** What the configuration names; in the demonstration the ring's own source. */
export function declaredRepositories({ config }: Context): readonly string[] {
  if (config.secrets.repositories.length > 0) return config.secrets.repositories
  return config.application.command ? [] : [root]
}

/**
 * A search of all source takes longer than a probe may: it goes on aside, and is taken by the first
 * run after its end. What has changed since it began is searched anew.
 */
function scanAside(context: Context, mark: Mark): (signal: AbortSignal) => Promise<Scanned> {
  let running: { readonly of: string; readonly scan: Promise<Scanned> } | undefined
  return async (signal) => {
    const of = await mark()
    if (running?.of !== of) running = { of, scan: scanApart(context) }
    const cut = Promise.withResolvers<never>()
    signal.addEventListener('abort', () => cut.reject(signal.reason as Error), { once: true })
    const found = await Promise.race([running.scan, cut.promise])
    running = undefined
    return found
  }
}

type Report = Scanned & { readonly folder: string }

async function scanApart({ paths, configFile }: Context): Promise<Scanned> {
  const program = process.argv[1] ?? ''
  const config = configFile === undefined ? [] : ['--config', configFile]
  const args = [...process.execArgv, program, 'secrets', 'scan', '--json', '--data', paths.data]
  const child = execFile(process.execPath, [...args, ...config], { maxBuffer: SCAN_OUTPUT_MAX })
  if (child.pid !== undefined) setPriority(child.pid, LOWEST_PRIORITY)
  // A search under way neither keeps the prober from stopping nor outlives it.
  child.unref()
  for (const pipe of [child.stdout, child.stderr]) (pipe as Socket | null)?.unref()
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  let text = ''
  child.stdout?.on('data', (chunk: string) => (text += chunk))
  await once(child, 'close') // its exit status only says whether it found something
  process.off('exit', end)
  const reports = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Report)
  return {
    files: reports.reduce((sum, { files }) => sum + files, 0),
    accepted: reports.reduce((sum, { accepted }) => sum + accepted, 0),
    findings: reports.flatMap(({ findings }) => findings),
  }
}

async function loginRoles(prober: pg.ClientConfig): Promise<readonly LoginRole[]> {
  return asClient(prober, async (client) => {
    const { rows } = await client.query<LoginRole & { until: number | null }>(
      `select rolname as name, rolcanlogin as "canLogin", rolsuper or rolbypassrls as mighty,
         extract(epoch from nullif(rolvaliduntil, 'infinity'))::float8 * 1000 as until
         from pg_roles where rolname !~ '^pg_'`,
    )
    return rows.map(({ name, canLogin, mighty, until }) => {
      return { name, canLogin, mighty, untilMs: until ?? undefined }
    })
  })
}

async function login(prober: pg.ClientConfig, grant: ProbeGrant): Promise<string | undefined> {
  try {
    const { name: user, password } = grant
    await asClient({ ...prober, user, password }, (client) => client.query('select 1'))
    return undefined
  } catch (error) {
    const { code } = error as { code?: string }
    if (error instanceof pg.DatabaseError && code) return code
    throw error
  }
}

async function asClient<T>(
  config: pg.ClientConfig,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionTimeoutMillis: 5000, ...config })
  client.on('error', () => undefined) // said by the call in progress
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Signs in with the right password, and asks for the first page with what it got. */
async function passwordOnly(
  { ports }: Context,
  ca: string,
  password: string,
  signal: AbortSignal,
): Promise<'password-refused' | 'second-asked' | 'let-in'> {
  const body = new URLSearchParams({ name: PROBE_NAME, password }).toString()
  const signedIn = await ask(ports.https, ca, 'POST', '/login', body, '', signal)
  const cookie = signedIn.cookies.map((line) => line.split(';')[0]).join('; ')
  if (signedIn.status !== 303 || cookie === '') return 'password-refused'
  const page = await ask(ports.https, ca, 'GET', '/', '', cookie, signal)
  return page.status === 303 && page.to === '/second' ? 'second-asked' : 'let-in'
}

type Reply = { readonly status: number; readonly to: string; readonly cookies: readonly string[] }

function ask(
  port: number,
  ca: string,
  method: string,
  path: string,
  body: string,
  cookie: string,
  signal: AbortSignal,
): Promise<Reply> {
  const host = `console.localhost:${port}`
  const headers = {
    host,
    origin: `https://${host}`,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'veilig-prober',
    ...(cookie === '' ? {} : { cookie }),
  }
  const options = { host: LOOPBACK, port, method, path, ca, signal, headers, agent: false as const }
  return new Promise((resolve, reject) => {
    const call = request({ ...options, servername: 'console.localhost' })
    call.on('error', reject)
    call.on('response', (response) => {
      response.resume()
      const { statusCode: status = 0, headers: said } = response
      resolve({ status, to: said.location ?? '', cookies: said['set-cookie'] ?? [] })
    })
    call.end(body)
  })
}

/** The version is asked for as any client would; the rest stands on this machine. */
async function patched(context: Context, place: string, prober: pg.ClientConfig): Promise<Patched> {
  const postgres = await asClient(prober, async (client) => {
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    return rows[0]?.server_version
  })
  return patchesOf(context, place, postgres)
}
