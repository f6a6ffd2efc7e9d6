/**
 * Composes the web-gateway: its certificate, its ports, and where each host name leads.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { FaultError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import type { GuardedRoute } from '#services/web-gateway/guard-config.ts'
import type { UpstreamAddress, WebGatewayPorts } from '#services/web-gateway/ports.ts'
import { serve } from '#services/web-gateway/serve.ts'
import type { ServiceContext } from '../context.ts'
import { cspFiles } from '../csp-files.ts'

/** Where the members of the demonstration's application sign in. */
const demonstrationLogin: GuardedRoute = {
  path: '/:club/login',
  accountField: 'email',
  accountsPer: 'path', // the same address in two clubs is two members
  success: { status: [303], setsCookie: '__Host-session' },
}

const LOGIN_KEY_SIZE = 32

/** @throws {FaultError} PORT_IN_USE, PORT_DENIED, TLS_CERTIFICATE_INVALID, DISK_MISSING. */
export async function runWebGateway(context: ServiceContext): Promise<RunningService> {
  const { clock, log, trail, ports, paths } = context
  const given = context.config.webGateway
  const usual = context.config.application.command ? [] : [demonstrationLogin]
  const config = { ...given, loginGuard: given.loginGuard ?? usual }
  const certificateFile = config.tls.certificateFile ?? paths.secret('web-gateway', 'tls.pem')
  const keyFile = config.tls.keyFile ?? paths.secret('web-gateway', 'tls.key')
  return serve(config, {
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
    csp: config.csp.autopilot ? cspOf(context) : undefined,
    loginKey: await loginKey(paths.secret('web-gateway', 'login.key')),
    metricsSocket: paths.socket('web-gateway'),
  })
}

/** Our own pages have policies of their own; all else may be learned. */
function cspOf({ config, paths }: ServiceContext): NonNullable<WebGatewayPorts['csp']> {
  const hosts = Object.entries(config.webGateway.hosts)
  const sites = hosts.filter(([, upstream]) => /^(?:application$|http:|unix:)/.test(upstream))
  return { sites: new Map(sites), files: cspFiles(paths) }
}

/** Where an upstream of the configuration is found; its schema leaves only these forms. */
function addressOf({ ports, paths }: ServiceContext, upstream: string): UpstreamAddress {
  if (upstream === 'application') return { host: '127.0.0.1', port: ports.application }
  if (upstream.startsWith('unix:')) return { socketPath: upstream.slice('unix:'.length) }
  if (!upstream.startsWith('http:')) return { socketPath: paths.socket(upstream) }
  const [, host = '', port = ''] = /^http:\/\/(.+):(\d+)$/.exec(upstream) ?? []
  return { host, port: Number(port) }
}

/** The key of the login guard, made at the first start. */
async function loginKey(file: string): Promise<Uint8Array> {
  if ((await systemDisk.size(file)) === undefined) {
    await systemDisk.createOnce(file, randomBytes(LOGIN_KEY_SIZE)).catch((error: unknown) => {
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
