/**
 * Composes the web-gateway: its certificate, its ports, and where each host name leads.
 *
 * @module
 */
import { systemDisk } from '#system/disk.ts'
import { fileFetcher, httpCaller } from '#system/http-call.ts'
import { readKeyRing } from '#system/key-ring.ts'
import type { RunningService } from '#system/service.ts'
import type { Reloaded } from '#services/web-gateway/changes.ts'
import type { GuardedRoute } from '#services/web-gateway/guard-config.ts'
import type {
  UpstreamAddress,
  UpstreamGroup,
  WebGatewayPorts,
} from '#services/web-gateway/ports.ts'
import { serve } from '#services/web-gateway/serve.ts'
import { openAccessLog } from '../access-log.ts'
import { readConfig } from '../config-file.ts'
import { veiligConfig } from '../config.ts'
import type { ServiceContext } from '../context.ts'
import { cspFiles } from '../csp-files.ts'
import { openLoginLimits } from '../login-limits.ts'
import { openRates, openSharedCounts } from '../shared-counts.ts'
import { acmePorts } from './web-gateway-acme.ts'
import { controlBook } from './web-gateway-book.ts'
import { startWorkers } from './web-gateway-workers.ts'
import { keyIn, readText } from './web-gateway-files.ts'

/** A monitor of public logs takes its time. */
const CT_SOURCE_MS = 60_000
/** Of a log: 256 certificates, the largest of which have hundreds of names. */
const CT_TILE_MAX = 16 * 1024 * 1024

/** Where the members of the demonstration's application sign in. */
const demonstrationLogin: GuardedRoute = {
  path: '/:club/login',
  accountField: 'email',
  accountsPer: 'path', // the same address in two clubs is two members
  success: { status: [303], setsCookie: '__Host-session' },
}

/** @throws {FaultError} PORT_IN_USE, PORT_DENIED, TLS_CERTIFICATE_INVALID, DISK_MISSING. */
export async function runWebGateway(context: ServiceContext): Promise<RunningService> {
  const { clock, log, trail, ports, paths } = context
  const settings = await settingsOf(context)
  const { config } = settings
  const shared = openSharedCounts(context, 'web-gateway')
  const loginLimits = await openLoginLimits(context, 'web-gateway', shared)
  const readAgain = async (): Promise<void> => {
    const next = readConfig(veiligConfig, context.configFile, process.env)
    await service.reload(await settingsOf({ ...context, config: next }))
    log.info('the configuration and the certificate were read again')
  }
  const service = await serve(config, {
    ...settings,
    loginLimits,
    rates: openRates(context, 'web-gateway', shared),
    clock,
    log,
    accessLog: openAccessLog({}),
    trail,
    httpsPort: ports.https,
    redirectPort: ports.redirect,
    acme: config.acme ? await acmePorts(context, config.acme) : undefined,
    ticketBook:
      config.tls.ticketKeys === 'control-database'
        ? await controlBook(context, 'ticket_keys', 'all')
        : undefined,
    issuance: {
      call: httpCaller(CT_SOURCE_MS),
      fetch: fileFetcher(CT_SOURCE_MS, CT_TILE_MAX),
      disk: systemDisk,
      file: paths.issuance,
    },
    csp: config.csp.autopilot ? cspOf(context) : undefined,
    loginKey: await keyIn(paths.secret('web-gateway', 'login.key')),
    metricsSocket: paths.socket('web-gateway'),
    readAgain,
  }).catch(async (error: unknown) => {
    await loginLimits[Symbol.asyncDispose]()
    throw error
  })
  const onHangUp = (): void => {
    readAgain().catch((error: Error) => log.error(`nothing was changed: ${error.message}`))
  }
  process.on('SIGHUP', onHangUp)
  const workers = await startWorkers(context, service.desk, config.workers).catch(
    async (error: unknown) => {
      process.off('SIGHUP', onHangUp)
      await service[Symbol.asyncDispose]()
      await loginLimits[Symbol.asyncDispose]()
      throw error
    },
  )
  return {
    ...service,
    [Symbol.asyncDispose]: async () => {
      process.off('SIGHUP', onHangUp)
      await workers[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
      await loginLimits[Symbol.asyncDispose]()
    },
  }
}

/** What the configuration says, and the files that it names. */
async function settingsOf(context: ServiceContext): Promise<Reloaded> {
  const { paths, clock } = context
  const given = context.config.webGateway
  const usual = context.config.application.command ? [] : [demonstrationLogin]
  const config = { ...given, loginGuard: given.loginGuard ?? usual }
  const certificateFile = config.tls.certificateFile ?? paths.secret('web-gateway', 'tls.pem')
  const keyFile = config.tls.keyFile ?? paths.secret('web-gateway', 'tls.key')
  return {
    config,
    certificate: {
      certificatePem: await readText(certificateFile),
      keyPem: await readText(keyFile),
    },
    deviceKeys: await readKeyRing(paths.secret('web-gateway', 'device.key'), clock.nowMs()),
    upstreams: new Map(
      Object.entries(config.hosts).map(([host, name]) => [host, upstreamOf(context, name)]),
    ),
  }
}

/** Our own pages have policies of their own; all else may be learned. */
function cspOf({ config, paths }: ServiceContext): NonNullable<WebGatewayPorts['csp']> {
  const hosts = Object.entries(config.webGateway.hosts)
  const sites = hosts.filter(
    ([, upstream]) =>
      /^(?:application$|http:|unix:)/.test(upstream) || upstream in config.webGateway.upstreams,
  )
  return { sites: new Map(sites), files: cspFiles(paths) }
}

/** Where an upstream of the configuration is found; its schema leaves only these forms. */
function upstreamOf(context: ServiceContext, upstream: string): UpstreamAddress | UpstreamGroup {
  const group = context.config.webGateway.upstreams[upstream]
  if (!group) return addressOf(context, upstream)
  const { healthPath, healthIntervalMs, healthTimeoutMs } = group
  const times = { intervalMs: healthIntervalMs, timeoutMs: healthTimeoutMs }
  return {
    servers: group.servers.map((server) => addressOf(context, server)),
    health: healthPath === undefined ? undefined : { path: healthPath, ...times },
  }
}

function addressOf({ ports, paths }: ServiceContext, upstream: string): UpstreamAddress {
  if (upstream === 'application') return { host: '127.0.0.1', port: ports.application }
  if (upstream.startsWith('unix:')) return { socketPath: upstream.slice('unix:'.length) }
  if (!upstream.startsWith('http:')) return { socketPath: paths.socket(upstream) }
  const [, host = '', port = ''] = /^http:\/\/(.+):(\d+)$/.exec(upstream) ?? []
  return { host, port: Number(port) }
}
