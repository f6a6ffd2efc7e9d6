/**
 * The gateway's doors: listeners, TLS, connections to applications, the clock's tick.
 *
 * @module
 */
import { systemDisk } from '#system/disk.ts'
import type { CertificateAndKey } from '#system/local-ca/authority.ts'
import type { RunningService } from '#system/service.ts'
import { keepCertificate } from './acme/run.ts'
import { composeGateway, type Upstreams } from './compose.ts'
import type { WebGatewayConfig } from './config.ts'
import { keepAutopilot, type CspFiles } from './csp/keeper.ts'
import { Doors } from './doors.ts'
import type { Gateway } from './gateway.ts'
import { closeAll, listenOn, portOf } from './listen.ts'
import type { Metrics } from './metrics.ts'
import { serveControl } from './control-server.ts'
import type { WebGatewayPorts } from './ports.ts'

export type RunningWebGateway = RunningService & {
  readonly httpsPort: number
  readonly redirectPort: number | undefined
  readonly metrics: Metrics
  /**
   * Takes over a new configuration and certificate, all or nothing. Requests under way end as they
   * began; no connection is closed. Ports, addresses and ACME stay until the next start.
   *
   * @throws {FaultError} TLS_CERTIFICATE_INVALID; then all stays as it was.
   */
  reload(next: Reloaded): void
}

/** What can change while the gateway serves. */
export type Reloaded = {
  readonly config: WebGatewayConfig
  readonly certificate: CertificateAndKey
  readonly upstreams: Upstreams
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
    undo.use(await serveControl(ports.metricsSocket, gateway.metrics, ports.readAgain))
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
    reload: ({ config: next, certificate, upstreams }) => {
      gateway.certificates.change({ policy: next.tls.policy, base: certificate })
      gateway.reconfigure(next, upstreams)
    },
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
