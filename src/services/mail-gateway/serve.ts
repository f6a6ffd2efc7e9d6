/**
 * Runs the mail gateway: submission, courier and unsubscribe pages around one queue.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import { migrate } from '#system/postgres/migrate.ts'
import type { RunningService } from '#system/service.ts'
import type { MailGatewayConfig } from './config.ts'
import { startMailApi } from './api.ts'
import { startCourier } from './courier.ts'
import { MailDesk } from './desk/questions.ts'
import { serveMailDesk } from './desk/serve.ts'
import { Intake } from './intake.ts'
import { serveOnSocket } from './http-server.ts'
import { pagesApp } from './pages-app.ts'
import type { MailPorts } from './ports.ts'
import { openReturnDoor } from './return-door.ts'
import { ReportDesk } from './reports/desk.ts'
import { Returns } from './returns.ts'
import { migrations } from './schema.ts'
import { MailStore } from './store.ts'
import { startSubmission } from './submission.ts'

/** The running gateway, and the port it listens on (which may have been given as 0). */
export type MailGateway = RunningService & {
  readonly port: number
  /** Where mail comes back; undefined when it is not wanted. */
  readonly returnPort: number | undefined
  /** Where mail is handed in by HTTPS; undefined when it is not wanted. */
  readonly apiPort: number | undefined
}

/** @throws {FaultError} LISTEN_FAILED, MAIL_QUEUE_FAILED, MIGRATION_…; nothing is left open. */
export async function serve(config: MailGatewayConfig, ports: MailPorts): Promise<MailGateway> {
  await using started = new AsyncDisposableStack()
  await migrateQueue(ports)
  const store = new MailStore(ports.pool, config, ports.tokenKey)
  const courier = started.use(await startCourier(config, ports, store))
  const intake = new Intake(config, ports, store, courier.desk)
  started.use(await serveOnSocket(ports.httpSocket, pagesApp(ports, store).fetch))
  const { deskSocket } = ports
  if (deskSocket !== undefined) started.use(await serveMailDesk(new MailDesk(ports), deskSocket))
  const submission = started.use(await startSubmission(config, ports, intake))
  const { api } = config
  const byHttp = api && (await startMailApi(api, config, ports, intake))
  if (byHttp) started.use(byHttp)
  const failed = Promise.race([intake.failed, courier.failed])
  failed.catch(() => undefined) // whoever waits for it hears of it
  const { returns: place, hostname } = config
  const reports = new ReportDesk(ports, config.domains)
  const door = place && (await openReturnDoor(place, hostname, ports, new Returns(ports), reports))
  if (door) started.use(door)
  const all = started.move()
  return {
    port: submission.port,
    returnPort: door?.port,
    apiPort: byHttp?.port,
    failed,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

async function migrateQueue(ports: MailPorts): Promise<void> {
  const client = await ports.pool.connect().catch((cause: Error) => {
    throw new FaultError('MAIL_QUEUE_FAILED', cause.message, { cause })
  })
  try {
    await migrate(client, migrations)
  } finally {
    client.release()
  }
}
