/**
 * The gateway's doors: listeners, TLS, connections to applications, the clock's tick.
 *
 * @module
 */
import { BlockList, connect, isIP } from 'node:net'
import { randomBytes } from 'node:crypto'
import { limitsInMemory } from '#lib/lockout/lockout.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import { Challenges } from './acme/challenges.ts'
import { keepCertificate } from './acme/run.ts'
import type { WebGatewayConfig } from './config.ts'
import { CookiePolicy } from './cookies.ts'
import { Autopilot } from './csp/autopilot.ts'
import { keepAutopilot, type CspFiles } from './csp/keeper.ts'
import { Doors } from './doors.ts'
import type { Gateway } from './gateway.ts'
import { LoginGuard } from './guard.ts'
import { HeaderPolicy } from './headers.ts'
import { closeAll, listenOn, portOf } from './listen.ts'
import { newMetrics, type Metrics } from './metrics.ts'
import { serveMetrics } from './metrics-server.ts'
import type { UpstreamAddress, WebGatewayPorts } from './ports.ts'
import { SecurityLog } from './security-log.ts'
import { ShownCertificates } from './shown-certificates.ts'
import { UpstreamPool, type Dial } from './upstream.ts'

export type RunningWebGateway = RunningService & {
  readonly httpsPort: number
  readonly redirectPort: number | undefined
  readonly metrics: Metrics
}

/** How often what stands still is looked for. */
const TICK_MS = 250

/**
 * Opens the gateway.
 *
 * @throws {FaultError} PORT_IN_USE, PORT_DENIED, LISTEN_FAILED, TLS_CERTIFICATE_INVALID.
 */
export async function serve(
  config: WebGatewayConfig,
  ports: WebGatewayPorts,
): Promise<RunningWebGateway> {
  await using undo = new AsyncDisposableStack() // what is open already, should a later step fail
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined) // whoever waits for it hears of it
  const gateway = composeGateway(config, ports, (error) => failure.reject(error))
  if (ports.csp) undo.use(await openAutopilot(gateway, ports.csp.files, ports))
  const doors = new Doors(gateway, ports)
  const { listen, limits } = config
  const tls = doors.createTlsServer()
  const challenge = doors.createChallengeServer()
  const shared = ports.sharedTicketKeys !== undefined
  const https = await listenOn(listen, ports.httpsPort, shared, () =>
    doors.createHttpsFront(tls, challenge),
  )
  undo.defer(() => closeAll(https))
  const httpsPort = portOf(https)
  const publicPort = config.publicPort ?? httpsPort
  const plain = config.redirect
    ? await listenOn(listen, ports.redirectPort, shared, () => doors.createPlainServer(publicPort))
    : []
  undo.defer(() => closeAll(plain))
  if (ports.metricsSocket !== undefined) {
    undo.use(await serveMetrics(ports.metricsSocket, gateway.metrics))
  }
  if (config.acme && ports.acme) {
    undo.use(keepCertificate(gateway, config.acme, ports.acme, ports))
  }
  const timer = setInterval(() => doors.tick(), TICK_MS)
  undo.defer(() => clearInterval(timer))
  undo.defer(() => doors.drain(limits.drainMs))
  const opened = undo.move()
  return {
    httpsPort,
    redirectPort: plain.length > 0 ? portOf(plain) : undefined,
    metrics: gateway.metrics,
    failed: failure.promise,
    [Symbol.asyncDispose]: async () => {
      gateway.stopping = true
      await opened.disposeAsync()
      gateway.security.sweep(true)
    },
  }
}

function openAutopilot(
  { autopilot, security }: Gateway,
  files: CspFiles,
  { log }: WebGatewayPorts,
): Promise<AsyncDisposable> {
  return keepAutopilot(autopilot, files, {
    disk: systemDisk,
    onDecided: (site, state) =>
      security.record('WEB_CSP_DECIDED', `${site} ${state}`, { site, state }),
    onFault: (error) => log.error(error.message),
  })
}

/** All that is not a socket. */
function composeGateway(
  config: WebGatewayConfig,
  ports: WebGatewayPorts,
  onFailure: (error: Error) => void,
): Gateway {
  const { clock, log } = ports
  const { limits } = config
  const metrics = newMetrics()
  const nowMs = (): number => clock.monotonicMs()
  const security = new SecurityLog(ports.trail, nowMs, onFailure)
  const trusted = blockListOf(config.trustedProxies)
  const idPrefix = randomBytes(6).toString('hex')
  const loginKey = ports.loginKey ?? randomBytes(32)
  let requests = 0
  const pools = new Map<string, UpstreamPool>()
  const byAddress = new Map<string, UpstreamPool>() // names of one application share its pool
  for (const [host, address] of ports.upstreams) {
    const key = JSON.stringify(address)
    const known = byAddress.get(key)
    const pool = known ?? createPool(host, address, { limits, nowMs, metrics, security, log })
    byAddress.set(key, pool)
    pools.set(host, pool)
  }
  return {
    config,
    headLimits: {
      headMax: limits.headMax,
      startLineMax: limits.targetMax,
      fieldCountMax: limits.fieldCountMax,
    },
    certificates: new ShownCertificates(
      config.tls.policy,
      ports.certificate,
      ports.sharedTicketKeys,
    ),
    challenges: new Challenges(),
    headers: new HeaderPolicy(config.headers, true),
    cookies: new CookiePolicy(config.cookies),
    guard: new LoginGuard(config.loginGuard ?? [], {
      key: loginKey,
      random: randomBytes,
      limits: ports.loginLimits ?? limitsInMemory(nowMs),
      wallClockMs: () => clock.nowMs(),
      record: (code, kind, detail) => security.record(code, kind, detail),
    }),
    autopilot: new Autopilot(ports.csp?.sites ?? new Map(), {
      random: randomBytes,
      wallClockMs: () => clock.nowMs(),
      nowMs,
      key: loginKey,
    }),
    pools,
    tools: {
      limits,
      nowMs,
      onRetry: () => void metrics.upstreamRetries++,
      // Never a digit of it: where it was, how it was written, how long it is.
      onCard: ({ form, digitCount }, where, host) =>
        security.record('CARD_NUMBER_SEEN', `${host} ${where} ${form}`, {
          host,
          where,
          form,
          digitCount,
        }),
      onUpstreamFailure: (error) => {
        metrics.upstreamFailures++
        log.warn({ code: error.code }, error.message)
      },
    },
    metrics,
    security,
    nowMs,
    wallClockMs: () => clock.nowMs(),
    nextRequestId: () => `${idPrefix}-${(++requests).toString(36)}`,
    logAccess: config.accessLog ? (entry) => log.info(entry, 'request') : undefined,
    isTrustedProxy: (address) =>
      config.trustedProxies.length > 0 && trusted.check(address, family(address)),
    stopping: false,
  }
}

function createPool(
  host: string,
  address: UpstreamAddress,
  tools: Pick<Gateway, 'nowMs' | 'metrics' | 'security'> & {
    readonly limits: WebGatewayConfig['limits']
    readonly log: WebGatewayPorts['log']
  },
): UpstreamPool {
  const { metrics, security, log } = tools
  const target = 'socketPath' in address ? { path: address.socketPath } : address
  const dial: Dial = (onread) => connect({ ...target, noDelay: true, onread })
  return new UpstreamPool(JSON.stringify(address), dial, tools.limits, tools.nowMs, {
    onConnect: () => void metrics.upstreamConnects++,
    onDown: (reason) => {
      log.error({ host }, `the application of ${host} is down: ${reason}`)
      security.record('WEB_UPSTREAM_DOWN', host, { host })
    },
    onUp: () => {
      log.info({ host }, `the application of ${host} is back`)
      security.record('WEB_UPSTREAM_UP', host, { host })
    },
  })
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
