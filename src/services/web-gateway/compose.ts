/**
 * Puts the gateway together: all that is not a socket. What the configuration decides can be made
 * anew while requests are under way; each request keeps what it began with.
 *
 * @module
 */
import { BlockList, connect, isIP } from 'node:net'
import { randomBytes } from 'node:crypto'
import type { LoginLimits } from '#lib/lockout/lockout.ts'
import { Challenges } from './acme/challenges.ts'
import type { WebGatewayConfig } from './config.ts'
import { CookiePolicy } from './cookies.ts'
import { Autopilot } from './csp/autopilot.ts'
import type { Gateway, GatewaySettings, NewSettings } from './gateway.ts'
import { LoginGuard } from './guard.ts'
import { HeaderPolicy } from './headers.ts'
import { newMetrics } from './metrics.ts'
import { UpstreamPool } from './pool.ts'
import type { UpstreamAddress, UpstreamGroup, WebGatewayPorts } from './ports.ts'
import type { KeyRing } from '#lib/key-ring.ts'
import type { RateLimits } from '#lib/rates.ts'
import { RouteRates } from './route-rates.ts'
import { SecurityLog } from './security-log.ts'
import { ShownCertificates } from './shown-certificates.ts'
import type { TicketKeys } from './tickets/keys.ts'
import type { Dial } from './upstream.ts'
import { shareOf } from './workers/share.ts'

export type Upstreams = WebGatewayPorts['upstreams']

/** What a gateway has of its own when nobody gives it any. */
export type OwnPorts = WebGatewayPorts & {
  readonly ticketKeys: TicketKeys
  readonly loginKey: Uint8Array
  readonly deviceKeys: KeyRing
  readonly loginLimits: LoginLimits
  readonly rates: RateLimits
}

/** @throws {FaultError} TLS_CERTIFICATE_INVALID. */
export function composeGateway(
  config: WebGatewayConfig,
  ports: OwnPorts,
  onFailure: (error: Error) => void,
): Gateway {
  const { clock, log } = ports
  const metrics = newMetrics()
  const nowMs = (): number => clock.monotonicMs()
  const wallClockMs = (): number => clock.nowMs()
  const security = new SecurityLog(ports.trail, nowMs, onFailure)
  const idPrefix = randomBytes(6).toString('hex')
  const { loginKey, loginLimits, rates, ticketKeys } = ports
  let requests = 0
  const processes = config.workers // stays until the next start, as do the processes
  const counts = { loginKey, loginLimits, rates }
  const logAccess = ports.accessLog ?? ((entry) => log.info(entry, 'request'))
  const shared = { metrics, security, nowMs, wallClockMs, log, logAccess, processes, ...counts }
  return {
    ...settingsOf({ ...ports, config }, shared),
    certificates: new ShownCertificates(config.tls.policy, ports.certificate, ticketKeys),
    challenges: new Challenges(),
    autopilot: new Autopilot(ports.csp?.sites ?? new Map(), {
      random: randomBytes,
      wallClockMs,
      nowMs,
      key: loginKey,
    }),
    metrics,
    security,
    nowMs,
    wallClockMs,
    nextRequestId: () => `${idPrefix}-${(++requests).toString(36)}`,
    stopping: false,
    reconfigure(next) {
      const before = new Set(this.pools.values())
      Object.assign(this, settingsOf(next, shared))
      for (const pool of before) pool.retire()
    },
  }
}

/** What stays the same when the configuration changes. */
type Shared = Pick<Gateway, 'metrics' | 'security' | 'nowMs' | 'wallClockMs'> & {
  readonly log: WebGatewayPorts['log']
  readonly logAccess: NonNullable<WebGatewayPorts['accessLog']>
  readonly loginKey: Uint8Array
  readonly loginLimits: LoginLimits
  readonly rates: RateLimits
  /** Of this gateway. */
  readonly processes: number
}

function settingsOf(
  { config: whole, upstreams, deviceKeys }: NewSettings,
  shared: Shared,
): GatewaySettings {
  const { metrics, security, nowMs, wallClockMs, log, logAccess } = shared
  const { loginKey, loginLimits, rates } = shared
  const limits = shareOf(whole.limits, shared.processes)
  const config = { ...whole, limits }
  const trusted = blockListOf(config.trustedProxies)
  return {
    config,
    headLimits: {
      headMax: limits.headMax,
      startLineMax: limits.targetMax,
      fieldCountMax: limits.fieldCountMax,
    },
    headers: new HeaderPolicy(config.headers, true),
    plainHeaders: new HeaderPolicy(config.headers, false),
    cookies: new CookiePolicy(config.cookies),
    guard: new LoginGuard(config.loginGuard ?? [], {
      key: loginKey,
      deviceKeys,
      random: randomBytes,
      limits: loginLimits,
      wallClockMs,
      record: (code, kind, detail) => security.record(code, kind, detail),
    }),
    rates: new RouteRates(config.rateLimits, { key: loginKey, rates }),
    pools: poolsOf(upstreams, { limits, nowMs, metrics, security, log }),
    tools: {
      limits,
      nowMs,
      onRetry: () => void metrics.upstreamRetries++,
      // Never a digit of it: where it was, how it was written, how long it is.
      onCard: ({ form, digitCount }, { host, where, isDrill }) =>
        security.record('CARD_NUMBER_SEEN', `${host} ${where} ${form} ${isDrill}`, {
          host,
          where,
          form,
          digitCount,
          ...(isDrill ? { drill: true } : {}),
        }),
      onUpstreamFailure: (error) => {
        metrics.upstreamFailures++
        log.warn({ code: error.code }, error.message)
      },
    },
    logAccess: config.accessLog ? logAccess : undefined,
    isTrustedProxy: (address) =>
      config.trustedProxies.length > 0 && trusted.check(address, family(address)),
  }
}

type PoolTools = Parameters<typeof createPool>[2]

function poolsOf(upstreams: Upstreams, tools: PoolTools): ReadonlyMap<string, UpstreamPool> {
  const pools = new Map<string, UpstreamPool>()
  const byAddress = new Map<string, UpstreamPool>() // names of one application share its pool
  for (const [host, address] of upstreams) {
    const key = JSON.stringify(address)
    const pool = byAddress.get(key) ?? createPool(host, address, tools)
    byAddress.set(key, pool)
    pools.set(host, pool)
  }
  return pools
}

function createPool(
  host: string,
  found: UpstreamAddress | UpstreamGroup,
  tools: Pick<Gateway, 'nowMs' | 'metrics' | 'security'> & {
    readonly limits: WebGatewayConfig['limits']
    readonly log: WebGatewayPorts['log']
  },
): UpstreamPool {
  const { metrics, security, log, limits, nowMs } = tools
  const group = 'servers' in found ? found : { servers: [found], health: undefined }
  return new UpstreamPool({
    name: JSON.stringify(found),
    servers: group.servers.map((address) => ({ name: nameOf(address), dial: dialTo(address) })),
    health: group.health,
    limits,
    nowMs,
    events: {
      onConnect: () => void metrics.upstreamConnects++,
      onDown: (reason) => {
        log.error({ host }, `the application of ${host} is down: ${reason}`)
        security.record('WEB_UPSTREAM_DOWN', host, { host })
      },
      onUp: () => {
        log.info({ host }, `the application of ${host} is back`)
        security.record('WEB_UPSTREAM_UP', host, { host })
      },
      onServerDown: (server, reason) => log.warn({ host, server }, `a server is away: ${reason}`),
    },
  })
}

function nameOf(address: UpstreamAddress): string {
  return 'socketPath' in address ? address.socketPath : `${address.host}:${address.port}`
}

function dialTo(address: UpstreamAddress): Dial {
  const target = 'socketPath' in address ? { path: address.socketPath } : address
  return (onread) => connect({ ...target, noDelay: true, onread })
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/')
    list.addSubnet(address, Number(bits), family(address))
  }
  return list
}
