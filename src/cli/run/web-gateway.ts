/**
 * Composes the web-gateway: its certificate, its ports, and where each host name leads.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { promisify } from 'node:util'
import pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import { AcmeClient } from '#system/acme/client.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import type { CertificateBook } from '#services/web-gateway/acme/book.ts'
import { databaseBook } from '#services/web-gateway/acme/database-book.ts'
import { fileBook } from '#services/web-gateway/acme/file-book.ts'
import type { AcmeConfig } from '#services/web-gateway/config.ts'
import type { GuardedRoute } from '#services/web-gateway/guard-config.ts'
import type { AcmePorts, UpstreamAddress, WebGatewayPorts } from '#services/web-gateway/ports.ts'
import { serve } from '#services/web-gateway/serve.ts'
import type { ServiceContext } from '../context.ts'
import { controlConnection } from '../control.ts'
import { cspFiles } from '../csp-files.ts'
import { openLoginLimits } from '../login-limits.ts'

/** Where the members of the demonstration's application sign in. */
const demonstrationLogin: GuardedRoute = {
  path: '/:club/login',
  accountField: 'email',
  accountsPer: 'path', // the same address in two clubs is two members
  success: { status: [303], setsCookie: '__Host-session' },
}

const KEY_SIZE = 32

/** @throws {FaultError} PORT_IN_USE, PORT_DENIED, TLS_CERTIFICATE_INVALID, DISK_MISSING. */
export async function runWebGateway(context: ServiceContext): Promise<RunningService> {
  const { clock, log, trail, ports, paths } = context
  const given = context.config.webGateway
  const usual = context.config.application.command ? [] : [demonstrationLogin]
  const config = { ...given, loginGuard: given.loginGuard ?? usual }
  const certificateFile = config.tls.certificateFile ?? paths.secret('web-gateway', 'tls.pem')
  const keyFile = config.tls.keyFile ?? paths.secret('web-gateway', 'tls.key')
  const loginLimits = await openLoginLimits(context, 'web-gateway')
  const service = await serve(config, {
    loginLimits,
    clock,
    log,
    trail,
    certificate: {
      certificatePem: await readText(certificateFile),
      keyPem: await readText(keyFile),
    },
    httpsPort: ports.https,
    redirectPort: ports.redirect,
    upstreams: new Map(
      Object.entries(config.hosts).map(([host, name]) => [host, addressOf(context, name)]),
    ),
    acme: config.acme ? await acmePorts(context, config.acme) : undefined,
    csp: config.csp.autopilot ? cspOf(context) : undefined,
    loginKey: await keyIn(paths.secret('web-gateway', 'login.key')),
    metricsSocket: paths.socket('web-gateway'),
  }).catch(async (error: unknown) => {
    await loginLimits[Symbol.asyncDispose]()
    throw error
  })
  return {
    ...service,
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]()
      await loginLimits[Symbol.asyncDispose]()
    },
  }
}

/** Our own pages have policies of their own; all else may be learned. */
function cspOf({ config, paths }: ServiceContext): NonNullable<WebGatewayPorts['csp']> {
  const hosts = Object.entries(config.webGateway.hosts)
  const sites = hosts.filter(([, upstream]) => /^(?:application$|http:|unix:)/.test(upstream))
  return { sites: new Map(sites), files: cspFiles(paths) }
}

const ACME_TIMEOUT_MS = 30_000
const DNS_HOOK_TIMEOUT_MS = 300_000

async function acmePorts(context: ServiceContext, config: AcmeConfig): Promise<AcmePorts> {
  const { paths } = context
  const { directoryUrl, caFile, dnsHook } = config
  const ca = caFile === undefined ? undefined : await readText(caFile)
  const files = fileBook(systemDisk, paths.secret('web-gateway', 'acme'))
  return {
    acme: new AcmeClient({ directoryUrl, ca, timeoutMs: ACME_TIMEOUT_MS }),
    book: config.book === 'files' ? files : await controlBook(context, config),
    holder: hostname(), // kept over restarts: whoever was killed goes on at once
    dnsHook: dnsHook === undefined ? undefined : (...args) => runHook(dnsHook, args),
  }
}

/** Opened when it is first read: the control database may start after us. */
async function controlBook(context: ServiceContext, config: AcmeConfig): Promise<CertificateBook> {
  const secret = await keyIn(context.paths.secret('web-gateway', 'acme.key'))
  const pool = new pg.Pool({ ...(await controlConnection(context, 'web-gateway')), max: 2 })
  pool.on('error', (error) => context.log.warn(error.message)) // an idle connection was cut
  const name = `${config.directoryUrl} ${config.names.join(' ')}`
  let opened: CertificateBook | undefined
  const open = async (): Promise<CertificateBook> =>
    (opened ??= await databaseBook(pool, name, secret))
  return {
    load: async () => (await open()).load(),
    store: async (record, version) => (await open()).store(record, version),
  }
}

/** @throws {FaultError} ACME_DNS_HOOK_FAILED with the last of what it said. */
async function runHook(program: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(program, args, { timeout: DNS_HOOK_TIMEOUT_MS })
  } catch (cause) {
    const message = `${program} ${args[0] ?? ''}: ${(cause as Error).message}`
    throw new FaultError('ACME_DNS_HOOK_FAILED', message, { cause })
  }
}

/** Where an upstream of the configuration is found; its schema leaves only these forms. */
function addressOf({ ports, paths }: ServiceContext, upstream: string): UpstreamAddress {
  if (upstream === 'application') return { host: '127.0.0.1', port: ports.application }
  if (upstream.startsWith('unix:')) return { socketPath: upstream.slice('unix:'.length) }
  if (!upstream.startsWith('http:')) return { socketPath: paths.socket(upstream) }
  const [, host = '', port = ''] = /^http:\/\/(.+):(\d+)$/.exec(upstream) ?? []
  return { host, port: Number(port) }
}

/** A key of the gateway, made at the first start. */
async function keyIn(file: string): Promise<Uint8Array> {
  if ((await systemDisk.size(file)) === undefined) {
    await systemDisk.createOnce(file, randomBytes(KEY_SIZE)).catch((error: unknown) => {
      const another = error instanceof FaultError && error.code === 'DISK_EXISTS'
      if (!another) throw error // else another process was faster: its key serves all
    })
  }
  return systemDisk.read(file)
}

async function readText(file: string): Promise<string> {
  try {
    return Buffer.from(await systemDisk.read(file)).toString('utf8')
  } catch (cause) {
    const message = `cannot read ${file}: ${(cause as Error).message}`
    throw new FaultError('TLS_CERTIFICATE_INVALID', message, { cause })
  }
}
