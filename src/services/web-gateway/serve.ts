/**
 * The gateway as a service: what is opened, in which order, and ended in the opposite one.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { limitsInMemory } from '#lib/lockout/lockout.ts'
import { ratesInMemory } from '#lib/rates.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import type { CertificateRecord } from './acme/book.ts'
import { keepCertificate } from './acme/run.ts'
import { Changes, type Reloaded } from './changes.ts'
import { composeGateway, type OwnPorts } from './compose.ts'
import type { WebGatewayConfig } from './config.ts'
import { serveControl } from './control-server.ts'
import { keepAutopilot, type CspFiles } from './csp/keeper.ts'
import { Doors } from './doors.ts'
import type { Gateway } from './gateway.ts'
import { watchIssuance } from './issuance/keep.ts'
import { openListeners } from './listeners.ts'
import type { Metrics } from './metrics.ts'
import type { WebGatewayPorts } from './ports.ts'
import { keepTicketKeys } from './tickets/keep.ts'
import { newTicketKeys, rotated, type TicketKeys } from './tickets/keys.ts'
import type { WorkerDesk } from './workers/desk.ts'

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
  const listeners = undo.use(await openListeners(doors, config, ports))
  const changes = new Changes(gateway, config, own, listeners)
  const { desk } = changes
  if (isFirst) {
    undo.use(keepTicketKeys(gateway, (keys) => changes.useTicketKeys(keys), ports))
  }
  if (ports.metricsSocket !== undefined) {
    undo.use(await serveControl(ports.metricsSocket, () => desk.metrics(), ports.readAgain))
  }
  if (config.acme && ports.acme) {
    const onRecord = (record: CertificateRecord): Promise<void> => changes.takeRecord(record)
    undo.use(keepCertificate(gateway, config.acme, { ...ports.acme, onRecord }, ports))
  }
  if (isFirst && config.certificateWatch && ports.issuance) {
    undo.use(watchIssuance(gateway, config.certificateWatch, ports.issuance, ports))
  }
  const timer = setInterval(() => doors.tick(), TICK_MS)
  undo.defer(() => clearInterval(timer))
  undo.defer(() => doors.drain(config.limits.drainMs))
  const opened = undo.move()
  return {
    httpsPort: listeners.httpsPort,
    redirectPort: listeners.redirectPort,
    metrics: gateway.metrics,
    desk,
    reload: (next) => changes.reload(next),
    changeTicketKeys: (keys) =>
      changes.useTicketKeys(keys ?? rotated(gateway.certificates.ticketKeys, randomBytes)),
    takeRecord: (record) => changes.takeRecord(record),
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
    deviceKeys: ports.deviceKeys ?? [randomBytes(32)],
    loginLimits: ports.loginLimits ?? limitsInMemory(nowMs),
    rates: ports.rates ?? ratesInMemory(nowMs),
  }
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
