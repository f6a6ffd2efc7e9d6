/**
 * The gateway's doors: listeners, TLS, connections to applications, the clock's tick.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { limitsInMemory } from '#lib/lockout/lockout.ts'
import { systemDisk } from '#system/disk.ts'
import type { CertificateAndKey } from '#system/local-ca/authority.ts'
import type { RunningService } from '#system/service.ts'
import { keepCertificate } from './acme/run.ts'
import type { CertificateRecord } from './acme/book.ts'
import { composeGateway, type OwnPorts, type Upstreams } from './compose.ts'
import type { WebGatewayConfig } from './config.ts'
import { keepAutopilot, type CspFiles } from './csp/keeper.ts'
import { Doors } from './doors.ts'
import type { Gateway } from './gateway.ts'
import { closeAll, listenOn, portOf } from './listen.ts'
import type { Metrics } from './metrics.ts'
import { serveControl } from './control-server.ts'
import type { WebGatewayPorts } from './ports.ts'
import { ratesInMemory } from '#lib/rates.ts'
import { newTicketKeys, rotated, TICKET_KEY_MS, type TicketKeys } from './ticket-keys.ts'
import { WorkerDesk } from './workers/desk.ts'
import { plainSettings, plainTicketKeys, type Welcome } from './workers/messages.ts'

export type RunningWebGateway = RunningService & {
  readonly httpsPort: number
  readonly redirectPort: number | undefined
  /** Of this process alone. */
  readonly metrics: Metrics
  /** Where the other processes of this gateway ask. */
  readonly desk: WorkerDesk
  /**
   * Takes over a new configuration and certificate, all or nothing. Requests under way end as they
   * began; no connection is closed. Ports, addresses, processes and ACME stay until the next start.
   * Resolves when the workers have taken it over, too.
   *
   * @throws {FaultError} TLS_CERTIFICATE_INVALID; then all stays as it was.
   */
  reload(next: Reloaded): Promise<void>
  /** Seals tickets with the next key, or with these; the one before still opens old ones. */
  changeTicketKeys(keys?: TicketKeys): Promise<void>
  /** Shows the certificate got by ACME, and answers its challenges. */
  takeRecord(record: CertificateRecord): Promise<void>
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
  const own = ownPorts(ports)
  const gateway = composeGateway(config, own, (error) => failure.reject(error))
  const isFirst = !ports.processNumber
  if (ports.csp) undo.use(await openAutopilot(gateway, ports.csp.files, isFirst, ports))
  const doors = new Doors(gateway, ports)
  const { listen, limits, workers } = config
  const servers = {
    current: doors.createTlsServer('current'),
    previous: doors.createTlsServer('previous'),
    challenge: doors.createChallengeServer(),
  }
  const isShared = workers > 1
  const https = await listenOn(listen, ports.httpsPort, isShared, () =>
    doors.createHttpsFront(servers),
  )
  undo.defer(() => closeAll(https))
  const httpsPort = portOf(https)
  const publicPort = config.publicPort ?? httpsPort
  const plain = config.redirect
    ? await listenOn(listen, ports.redirectPort, isShared, () =>
        doors.createPlainServer(publicPort),
      )
    : []
  undo.defer(() => closeAll(plain))
  let settings: Reloaded = { config, certificate: ports.certificate, upstreams: ports.upstreams }
  const desk = new WorkerDesk({
    ...own,
    metrics: gateway.metrics,
    welcome: () => ({
      settings: plainSettings(settings),
      ticketKeys: plainTicketKeys(gateway.certificates.ticketKeys),
      loginKey: Buffer.from(own.loginKey).toString('base64'),
      httpsPort,
      redirectPort: plain.length > 0 ? portOf(plain) : 0,
      csp: cspOf(ports),
    }),
  })
  const changeTicketKeys = async (keys?: TicketKeys): Promise<void> => {
    const { certificates } = gateway
    const ticketKeys = keys ?? rotated(certificates.ticketKeys, randomBytes)
    certificates.change({ ticketKeys })
    await desk.changeTicketKeys(ticketKeys)
  }
  const takeRecord = async (record: CertificateRecord): Promise<void> => {
    gateway.challenges.take(record)
    if (record.current) gateway.certificates.showFor(record.names, record.current)
    await desk.changeRecord(record)
  }
  if (isFirst) {
    const timer = setInterval(() => void changeTicketKeys(), TICKET_KEY_MS)
    undo.defer(() => clearInterval(timer))
  }
  if (ports.metricsSocket !== undefined) {
    const counters = (): Promise<Metrics> => desk.metrics()
    undo.use(await serveControl(ports.metricsSocket, counters, ports.readAgain))
  }
  if (config.acme && ports.acme) {
    undo.use(keepCertificate(gateway, config.acme, { ...ports.acme, onRecord: takeRecord }, ports))
  }
  const timer = setInterval(() => doors.tick(), TICK_MS)
  undo.defer(() => clearInterval(timer))
  undo.defer(() => doors.drain(limits.drainMs))
  const opened = undo.move()
  return {
    httpsPort,
    redirectPort: plain.length > 0 ? portOf(plain) : undefined,
    metrics: gateway.metrics,
    desk,
    changeTicketKeys,
    takeRecord,
    reload: async (next) => {
      gateway.certificates.change({ policy: next.config.tls.policy, base: next.certificate })
      gateway.reconfigure(next.config, next.upstreams)
      settings = { ...next, config: { ...next.config, workers } }
      await desk.changeSettings(settings)
    },
    failed: failure.promise,
    [Symbol.asyncDispose]: async () => {
      gateway.stopping = true
      await opened.disposeAsync()
      gateway.security.sweep(true)
    },
  }
}

function ownPorts(ports: WebGatewayPorts): OwnPorts {
  const nowMs = (): number => ports.clock.monotonicMs()
  return {
    ...ports,
    ticketKeys: ports.ticketKeys ?? newTicketKeys(randomBytes),
    loginKey: ports.loginKey ?? randomBytes(32),
    loginLimits: ports.loginLimits ?? limitsInMemory(nowMs),
    rates: ports.rates ?? ratesInMemory(nowMs),
  }
}

function cspOf({ csp }: WebGatewayPorts): Welcome['csp'] {
  return csp ? { sites: [...csp.sites], decisions: csp.files.decisions } : null
}

function openAutopilot(
  { autopilot, security }: Gateway,
  files: CspFiles,
  isFirst: boolean,
  { log }: WebGatewayPorts,
): Promise<AsyncDisposable> {
  return keepAutopilot(autopilot, files, {
    disk: systemDisk,
    onDecided: (site, state) => {
      if (isFirst) security.record('WEB_CSP_DECIDED', `${site} ${state}`, { site, state })
    },
    onFault: (error) => log.error(error.message),
  })
}
