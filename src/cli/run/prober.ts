/**
 * Composes the prober: what each probe is pointed at.
 *
 * @module
 */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import pg from 'pg'
import { askBackup } from '#services/backup/control/client.ts'
import type { ProberLogin } from '#services/prober/config.ts'
import { COSTLY_SECONDS, type Probe } from '#services/prober/probe.ts'
import { accessAuthProbe } from '#services/prober/probes/access-auth.ts'
import { accessNetworkProbe } from '#services/prober/probes/access-network.ts'
import { auditCompleteProbe } from '#services/prober/probes/audit-complete.ts'
import {
  backupScheduleProbe,
  encryptedProbe,
  type BackupFreshness,
} from '#services/prober/probes/backups.ts'
import { georedundantProbe } from '#services/prober/probes/georedundant.ts'
import { cookiesSecureProbe } from '#services/prober/probes/cookies.ts'
import { headersPresentProbe } from '#services/prober/probes/headers.ts'
import { breachNoticeProbe } from '#services/prober/probes/breach-notice.ts'
import { statusPublicProbe, type Rehearsal } from '#services/prober/probes/status-public.ts'
import { tlsEnforcedProbe, tlsVersionsProbe, type WebTarget } from '#services/prober/probes/tls.ts'
import { MailEcho } from '#services/prober/mail/echo.ts'
import { serveProber } from '#services/prober/serve.ts'
import { withCustomers, type CustomerBook } from '#services/prober/customers.ts'
import { submitTo } from '#services/prober/submit.ts'
import { systemDisk } from '#system/disk.ts'
import { secretIn } from '#system/secret-file.ts'
import type { RunningService } from '#system/service.ts'
import type { ServiceContext } from '../context.ts'
import { customersKey, keepCustomerSets } from '../customer-sets.ts'
import { ownSecret } from '../own-secret.ts'
import { regionPlaces } from '../repository.ts'
import { PROBE_SMTP } from './mail-gateway.ts'
import { auditView } from './prober-audit.ts'
import { paymentProbes } from './prober-payments.ts'
import { breachTarget, rehearsalIn } from './prober-status.ts'
import { attackSample, givenUp, receiptProbes } from './prober-backup.ts'
import { mailProbes } from './prober-mail.ts'
import { REHEARSAL, STATUS_CONTROL } from './status-names.ts'
import { staffProbes } from './prober-staff.ts'
import { threatProbes } from './prober-threats.ts'
import { gradeProbes } from './prober-grades.ts'

const LOOPBACK = '127.0.0.1'
const ROLE = 'veilig_prober'
const DATABASE = 'veilig_probe'
const STATUS_HOST = 'status.localhost'

/** The demonstration's member, whose password is public: in the application's own code. */
const demonstrationLogin: ProberLogin = {
  path: '/zuiderpark/login',
  fields: { email: 'lotte@zuiderpark.example', password: 'tie-break-7-6', to: '' },
}

export async function runProber(context: ServiceContext): Promise<RunningService> {
  await using started = new AsyncDisposableStack()
  const { paths, clock, trail, log } = context
  const config = context.config.prober
  const echo = started.use(new MailEcho(paths.socket(PROBE_SMTP)))
  await echo.listen()
  const rehearsal = started.use(rehearsalIn(paths.socket(REHEARSAL)))
  const prober = await serveProber(config, {
    probes: await probesOf(context, echo, rehearsal),
    submit: submitTo(paths.socket('notary')),
    clock,
    trail,
    complain: (code, claim, message) => log.warn({ code, claim }, message),
  })
  const all = started.move()
  all.use(prober)
  return { ...prober, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** Every live probe by its claim. */
async function probesOf(
  context: ServiceContext,
  echo: MailEcho,
  rehearsal: Rehearsal,
): Promise<ReadonlyMap<string, Probe>> {
  const { paths, ports, clock } = context
  const { prober, backup } = context.config
  const text = async (file: string): Promise<string> =>
    Buffer.from(await systemDisk.read(file)).toString('utf8')
  const ca = await text(paths.caCertificate)
  // Asked for at each login: it is renewed while the prober runs.
  const password = (): Promise<string> => secretIn(paths.secret('prober', 'database-password'))
  const gateway = { host: LOOPBACK, port: ports.sql }
  const web: WebTarget = {
    https: { host: LOOPBACK, port: ports.https },
    plain: { host: LOOPBACK, port: ports.redirect },
    hostName: 'localhost',
    ca,
  }
  const regions = regionPlaces(paths, backup.regions)
  const execute = throughGateway({ ...gateway, user: ROLE, database: DATABASE, password }, ca)
  const login =
    prober.login ?? (context.config.application.command ? undefined : demonstrationLogin)
  const probes: readonly (readonly [string, Probe])[] = [
    [
      'access.network',
      accessNetworkProbe({
        gateway,
        strangerAddress: prober.strangerAddress,
        friendAddress: LOOPBACK,
        postmasterPidFile: join(paths.cluster('protected'), 'postmaster.pid'),
      }),
    ],
    ['access.auth', accessAuthProbe({ gateway, user: ROLE, password, database: DATABASE, ca })],
    [
      'audit.complete',
      auditCompleteProbe({ user: ROLE, execute, audit: auditView(paths.audit, clock) }),
    ],
    [
      'backup.schedule',
      backupScheduleProbe({
        ...prober.backup,
        freshness: (signal) => backupFreshness(paths.socket('backup'), signal),
        clock,
      }),
    ],
    ['backup.georedundant', georedundantProbe({ regions, clock, givenUp: givenUp(context) })],
    [
      'backup.encrypted',
      encryptedProbe({
        regions,
        canary: 'veilig-canary-',
        random: randomInt,
        attack: attackSample(context),
        everySeconds: COSTLY_SECONDS,
      }),
    ],
    ...threatProbes(context, {
      ...gateway,
      user: ROLE,
      database: DATABASE,
      password,
      ssl: { ca, servername: 'localhost' },
    }),
    ['tls.enforced', tlsEnforcedProbe(web)],
    ['tls.versions', tlsVersionsProbe(web)],
    ['headers.present', headersPresentProbe(web)],
    ...gradeProbes(context, web),
    ...(await receiptProbes(context, {
      ...gateway,
      user: ROLE,
      database: DATABASE,
      password,
      ssl: { ca, servername: 'localhost' },
    })),
    ['status.public', statusPublicProbe({ ...web, hostName: STATUS_HOST, rehearsal, clock })],
    [
      'breach.notice',
      breachNoticeProbe(breachTarget(paths.socket(STATUS_CONTROL), paths.audit, clock)),
    ],
    ...(await mailProbes(context, ca, echo)),
    ...(await paymentProbes(context, web)),
    ...(await staffProbes(context, ca, {
      ...gateway,
      user: ROLE,
      database: DATABASE,
      password,
      ssl: { ca, servername: 'localhost' },
    })),
    ...(login ? [['cookies.secure', cookiesSecureProbe(web, login)] as const] : []),
  ]
  const customers: CustomerBook = {
    secret: await ownSecret(customersKey(paths)),
    keep: (claim, sets) => keepCustomerSets(paths, claim, sets),
    clock,
  }
  return new Map(probes.map(([id, probe]) => [id, withCustomers(id, probe, customers)]))
}

async function backupFreshness(socket: string, signal: AbortSignal): Promise<BackupFreshness> {
  for await (const answer of askBackup(socket, { request: 'status' }, signal)) {
    if (answer.answer !== 'status') continue
    const { full, differential, regions } = answer.status
    return {
      fullFinishedMs: full.newest?.finishedMs ?? null,
      differentialFinishedMs: differential.newest?.finishedMs ?? null,
      // One that is not required may lag: the claim is made of the others.
      regions: regions
        .filter(({ required }) => required)
        .map(({ name, lagMs }) => ({ name, lagMs })),
    }
  }
  return { fullFinishedMs: null, differentialFinishedMs: null, regions: [] }
}

/** Runs one statement on a connection of its own, as any client of the database would. */
function throughGateway(
  login: pg.ClientConfig,
  ca: string,
): (sql: string, signal: AbortSignal) => Promise<void> {
  return async (sql, signal) => {
    const client = new pg.Client({ ...login, ssl: { ca, servername: 'localhost' } })
    client.on('error', () => undefined) // said by the call in progress
    const abort = (): void => void client.end().catch(() => undefined)
    signal.addEventListener('abort', abort, { once: true })
    try {
      await client.connect()
      await client.query(sql)
    } finally {
      signal.removeEventListener('abort', abort)
      await client.end().catch(() => undefined)
    }
  }
}
