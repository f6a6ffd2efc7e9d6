/**
 * Runs the protected application as a customer would: a command, an environment, a port.
 *
 * The application is somebody else's program and knows nothing of us. This process holds its leash:
 * it ends the application when the supervisor goes, and ends itself when the application does.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FaultError } from '#lib/errors.ts'
import { endLeftOver, rememberProcess } from '#system/leftover.ts'
import type { RunningService } from '#system/service.ts'
import type { ServiceContext } from '../context.ts'
import { mailEnvironment } from './application-mail.ts'
import { activeApplicationRole, applicationRoles, databaseUrlFile } from './application-role.ts'

const READY_TIMEOUT_MS = 45_000
const STOP_TIMEOUT_MS = 8_000
const PROBE_MS = 50

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A program of the demonstration's application and its arguments. */
export function demonstration(program: 'main' | 'migrate' | 'seed'): readonly string[] {
  return [`${root}bin/node`, `${root}apps/reservations/src/${program}.ts`]
}

/** @throws {FaultError} APPLICATION_START_FAILED. */
export async function runApplication(context: ServiceContext): Promise<RunningService> {
  const { ports, paths } = context
  const command = context.config.application.command ?? demonstration('main')
  const env = {
    ...(await applicationDatabase(context)),
    ...(await mailEnvironment(context)),
    ...(await paymentsEnvironment(context)),
    ...context.config.application.env,
    HOST: '127.0.0.1',
    PORT: String(ports.application),
    PUBLIC_ORIGIN: `https://localhost:${ports.https}`,
    SESSION_SECRET_FILE: paths.secret('application', 'session-secret'),
    ...(context.config.application.command ? {} : await demonstrationEnvironment(context)),
  }
  const remembered = `${paths.socket('application')}.json`
  await endLeftOver(remembered, (ms) => context.clock.sleep(ms))
  const [program = '', ...args] = command
  const child = spawn(program, args, { env, stdio: ['ignore', 'inherit', 'inherit'] })
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
    child.once('error', (error) => resolve(error.message))
  })
  const failed = ended.then((how): never => {
    throw new FaultError('APPLICATION_ENDED', `the application ended (${how})`)
  })
  failed.catch(() => undefined) // whoever waits for it hears of it
  if (child.pid !== undefined) await rememberProcess(remembered, child.pid)
  await Promise.race([untilListening(context, ports.application), failed])
  return {
    failed,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

/** Of a customer's application nothing is known; ours shows who it is, and keeps who left. */
async function demonstrationEnvironment({
  paths,
}: ServiceContext): Promise<Record<string, string>> {
  await mkdir(paths.application, { recursive: true, mode: 0o700 })
  // Outside the database: whoever left is forgotten again after a restore.
  return { DEMO: '1', ERASURE_LIST: join(paths.application, 'erasures.jsonl') }
}

/** The application's own way in: the role in use, and the file that will name the next one. */
export async function applicationDatabase(
  context: Pick<ServiceContext, 'paths' | 'ports'>,
): Promise<Record<string, string>> {
  const role = await activeApplicationRole(context)
  const { process } = applicationRoles.find((one) => one.role === role) ?? applicationRoles[0]
  return {
    ...(await databaseEnvironment(context, process, role, 'DATABASE_URL')),
    DATABASE_URL_FILE: databaseUrlFile(context),
  }
}

/** Where the application asks for payments, with its key, and what signs their events. */
async function paymentsEnvironment({
  paths,
  ports,
}: ServiceContext): Promise<Record<string, string>> {
  const secret = (name: string): Promise<string> =>
    readFile(paths.secret('application', name), 'utf8')
  return {
    PAYMENTS_URL: `http://127.0.0.1:${ports.payments}`,
    PAYMENTS_KEY: await secret('payments-key'),
    PAYMENTS_EVENTS_SECRET: await secret('payments-events-secret'),
  }
}

/** What a program needs to reach the database through the gateway: a URL and whom to trust. */
export async function databaseEnvironment(
  context: Pick<ServiceContext, 'paths' | 'ports'>,
  process: string,
  role: string,
  variable: string,
): Promise<Record<string, string>> {
  const password = await readFile(context.paths.secret(process, 'database-password'), 'utf8')
  const url = new URL(`postgres://localhost:${context.ports.sql}/reservations`)
  url.username = role
  url.password = password
  url.searchParams.set('sslmode', 'verify-full')
  return {
    PATH: '/usr/bin:/bin',
    [variable]: url.href,
    NODE_EXTRA_CA_CERTS: context.paths.caCertificate,
    DATABASE_CA: context.paths.caCertificate,
  }
}

async function untilListening(context: ServiceContext, port: number): Promise<void> {
  const deadline = context.clock.monotonicMs() + READY_TIMEOUT_MS
  while (!(await isListening(port))) {
    if (context.clock.monotonicMs() > deadline) {
      const message = `the application does not listen on 127.0.0.1:${port}; its log is beside ours`
      throw new FaultError('APPLICATION_START_FAILED', message)
    }
    await context.clock.sleep(PROBE_MS)
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.end())
  })
}
