/**
 * Runs payments: the application's door, the public door, the reconciler and the courier.
 *
 * @module
 */
import { randomBytes, randomInt, randomUUID, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type pg from 'pg'
import type { AuditTrail } from '#audit/trail.ts'
import { FaultError, type VeiligError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import type { CallHttp } from '#system/http-call.ts'
import { migrate } from '#system/postgres/migrate.ts'
import type { RunningService } from '#system/service.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import { adminApp } from './admin.ts'
import { apiApp } from './api.ts'
import { isId } from './api-fields.ts'
import type { PaymentsConfig } from './config.ts'
import { tellApplication } from './courier.ts'
import { Desk } from './desk.ts'
import { doorsApp } from './doors.ts'
import { Gateways } from './gateways.ts'
import { sealKeys, type TenantKeys } from './keys.ts'
import type { Environment, Payment } from './model.ts'
import { Office } from './office/office.ts'
import { officeRoutes } from './office/routes.tsx'
import { Outages, type TellClub } from './outages.ts'
import { payboxForm } from './paybox.ts'
import type { ChoiceOf, GatewayOf, OpenToken } from './ports.ts'
import { RefundDesk } from './refund-desk.ts'
import { PostgresRefundStore } from './refund-store.ts'
import { migrations } from './schema.ts'
import { PostgresPaymentStore } from './store.ts'
import { PostgresSubscriptionStore } from './subscription-store.ts'
import { TenantStore, type Contact } from './tenant-store.ts'
import { TokenDesk } from './token-desk.ts'
import { meansSealer, PostgresTokenStore } from './token-store.ts'

const NONCE_BYTES = 12
const SECRET_BYTES = 32
const COURIER_MS = 1_000
const STATEMENT_MS = 600_000
const PAYPAL_SUBJECT = 'messageverificationcerts.paypal.com'

export type PaymentsPorts = {
  readonly clock: Clock
  readonly trail: AuditTrail
  readonly pool: pg.Pool
  readonly call: CallHttp
  /** Loopback port of the application's door; 0 for any. */
  readonly port: number
  /** Unix sockets: of the public door, and of the operator's commands. */
  readonly socket: string
  readonly adminSocket: string
  readonly publicOrigin: string
  /** The application's key, and the secret its events are signed with. */
  readonly apiKey: string
  readonly eventsUrl: string
  readonly eventsSecret: string
  /** 32 bytes that seal the tenants' keys. */
  readonly sealKey: Uint8Array
  readonly paypalAuthorityPem: string | undefined
  readonly payboxKey: KeyObject | undefined
  /** Tenants whose keys are entered at start, in place of those before. */
  readonly tenants: readonly {
    readonly tenant: string
    readonly environment: Environment
    readonly keys: TenantKeys
    readonly contact: Contact
  }[]
  /** Mails a club; undefined where this ring sends no mail. */
  readonly tellClub: ((to: Contact, tenant: string, text: string) => Promise<void>) | undefined
  readonly complain: (code: string, message: string) => void
}

export type RunningPayments = RunningService & { readonly port: number }

/** @throws {FaultError} LISTEN_FAILED, PAYMENT_STORE_FAILED, MIGRATION_…. */
export async function serve(
  config: PaymentsConfig,
  ports: PaymentsPorts,
): Promise<RunningPayments> {
  await using started = new AsyncDisposableStack()
  const { clock, trail, pool } = ports
  await migrateStore(pool)
  const nonce = (): Uint8Array => randomBytes(NONCE_BYTES)
  const store = new PostgresPaymentStore(pool, meansSealer(ports.sealKey, nonce))
  const tokens = new PostgresTokenStore(pool, ports.sealKey)
  const subscriptions = new PostgresSubscriptionStore(pool)
  const clubs = new TenantStore(pool)
  await enterGiven(ports, clubs)
  const nowMs = (): number => clock.nowMs()
  const { publicOrigin, sealKey, call } = ports
  const digit = (): number => randomInt(10)
  const gateways = new Gateways({
    store: clubs,
    config,
    publicOrigin,
    sealKey,
    call,
    nowMs,
    digit,
  })
  const record = (code: string, detail: Readonly<Record<string, string>>): void => {
    void trail.append([{ code, detail }])
  }
  const outages = new Outages({ store: clubs, tell: teller(ports, clubs), nowMs, record })
  const complain = ({ tenant, id }: Pick<Payment, 'tenant' | 'id'>, error: VeiligError): void => {
    record('PAYMENT_GATEWAY_SILENT', { tenant, payment: id, reason: error.code })
    ports.complain(error.code, error.message)
  }
  const gatewayOf: GatewayOf = async (of) =>
    outages.watched(await gateways.gatewayOf(of), of.tenant, of.gateway)
  const asked = { gatewayOf, nowMs, newId: randomUUID, complain }
  const refundStore = new PostgresRefundStore(pool)
  const refunds = new RefundDesk({ ...asked, payments: store, store: refundStore })
  const choiceOf: ChoiceOf = async (tenant) => {
    const { environment, keys } = await gateways.chosen(tenant)
    return { environment, gateway: keys.gateway }
  }
  const openToken = (id: string): Promise<OpenToken | undefined> => tokens.openToken(id)
  const desk = new Desk({ ...asked, store, choiceOf, openToken })
  const tokenDesk = new TokenDesk({ ...asked, desk, tokens, subscriptions })
  const office = new Office({
    store: clubs,
    seal: (keys, tenant) => sealKeys(keys, tenant, sealKey, nonce()),
    deskOf: (_tenant, keys, environment) => gateways.deskOf({ keys, environment }),
    chosenDesk: async (tenant) => {
      const chosen = await gateways.chosen(tenant)
      return { gateway: chosen.keys.gateway, desk: gateways.deskOf(chosen) }
    },
    refresh: async (id) => {
      if (isId(id)) void ((await desk.refresh(id)) ?? (await refunds.refresh(id)))
    },
    isDemonstration: config.demonstration,
    nowMs,
    record,
  })
  const random = (): Uint8Array => randomBytes(SECRET_BYTES)
  const own = { office, store: clubs, nowMs, random, record }
  const doors = doorsApp({
    desk,
    get: (id) => store.get(id),
    formOf: async (payment) => {
      const keys = await gateways.keysOf(payment)
      if (keys.gateway !== 'paybox') return undefined
      const places = gateways.places(payment.environment)
      const fields = payboxForm(keys, places, payment, nowMs())
      return { action: await gateways.awakeForm(places), fields }
    },
    trustOf: async (tenant) => {
      const { keys } = await gateways.chosen(tenant)
      if (keys.gateway !== 'paypal' || ports.paypalAuthorityPem === undefined) return undefined
      const { certificateHosts } = config.paypal
      const { webhookId } = keys
      const authorityPem = ports.paypalAuthorityPem
      return { webhookId, certificateHosts, authorityPem, subject: PAYPAL_SUBJECT }
    },
    certificateAt: async (url) => (await call({ method: 'GET', url: url.href })).text,
    payboxKey: ports.payboxKey,
    office: officeRoutes({
      ...own,
      payments: (tenant) => store.ofTenant(tenant),
      environments: config.demonstration ? ['demonstration'] : ['production', 'test'],
    }),
    nowMs,
    record,
  })
  const api = apiApp({
    desk,
    refunds,
    store,
    key: ports.apiKey,
    ledger: () => store.ledgerState(),
    ledgerOfTenants: () => store.ledgerOfTenants(),
    record: ({ tenant, id, gateway, state }) =>
      record('PAYMENT_MADE', { tenant, payment: id, gateway, state }),
    recordRefund: ({ tenant, paymentId, id, state }) =>
      record('PAYMENT_REFUNDED', { tenant, payment: paymentId, refund: id, state }),
    tokens,
    subscriptions,
    tokenDesk,
    recordToken: ({ tenant, id, state }) =>
      record('PAYMENT_TOKEN_REMOVED', { tenant, token: id, state }),
    recordSubscription: ({ tenant, id, token, state }) =>
      record('PAYMENT_SUBSCRIBED', { tenant, subscription: id, token, state }),
  })
  const admin = getRequestListener(adminApp({ ...own, publicOrigin }).fetch)
  started.use(
    await listenOnUnix(
      createServer((i, o) => void admin(i, o)),
      ports.adminSocket,
    ),
  )
  const listener = getRequestListener(doors.fetch)
  started.use(
    await listenOnUnix(
      createServer((i, o) => void listener(i, o)),
      ports.socket,
    ),
  )
  const { server, port } = await listenOnLoopback(getRequestListener(api.fetch), ports.port)
  started.defer(() => void server.close())
  started.defer(() => server.closeAllConnections())
  const courier = { store, url: ports.eventsUrl, secret: ports.eventsSecret, nowMs }
  started.use(repeat(clock, config.reconcileMs, () => desk.reconcile(), ports.complain))
  started.use(repeat(clock, config.reconcileMs, () => refunds.reconcile(), ports.complain))
  started.use(repeat(clock, config.reconcileMs, () => tokenDesk.reconcile(), ports.complain))
  started.use(repeat(clock, config.reconcileMs, () => outages.tell(), ports.complain))
  started.use(repeat(clock, STATEMENT_MS, () => office.compareDue(), ports.complain))
  started.use(repeat(clock, COURIER_MS, () => tellApplication(courier), ports.complain))
  const all = started.move()
  return { port, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** The demonstration's clubs, and whom to write to there. */
async function enterGiven(ports: PaymentsPorts, clubs: TenantStore): Promise<void> {
  for (const { tenant, environment, keys, contact } of ports.tenants) {
    const sealedKeys = sealKeys(keys, tenant, ports.sealKey, randomBytes(NONCE_BYTES))
    const { gateway } = keys
    const enteredMs = ports.clock.nowMs()
    await clubs.enter(tenant, { gateway, environment, sealedKeys, enteredMs, enteredBy: '' })
    if (!(await clubs.contact(tenant))) await clubs.enterContact(tenant, contact)
  }
}

/** In the club's own language, to the address it gave; the record has it in any case. */
function teller({ tellClub }: PaymentsPorts, clubs: TenantStore): TellClub {
  return async (tenant, said) => {
    const contact = await clubs.contact(tenant)
    if (contact && tellClub) await tellClub(contact, tenant, said[contact.language])
  }
}

async function migrateStore(pool: pg.Pool): Promise<void> {
  const client = await pool.connect().catch((cause: Error) => {
    throw new FaultError('PAYMENT_STORE_FAILED', cause.message, { cause })
  })
  try {
    await migrate(client, migrations)
  } finally {
    client.release()
  }
}

async function listenOnLoopback(
  listener: ReturnType<typeof getRequestListener>,
  port: number,
): Promise<{ server: Server; port: number }> {
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening').catch((cause: Error) => {
    throw new FaultError('LISTEN_FAILED', `127.0.0.1:${port}: ${cause.message}`, { cause })
  })
  const address = server.address()
  return { server, port: address && typeof address === 'object' ? address.port : port }
}

/** Does something again and again; a fault is told, and the next round comes all the same. */
function repeat(
  clock: Clock,
  everyMs: number,
  act: () => Promise<unknown>,
  complain: (code: string, message: string) => void,
): AsyncDisposable {
  const stop = new AbortController()
  const loop = (async () => {
    while (!stop.signal.aborted) {
      await act().catch((error: Error) => complain('PAYMENT_ROUND_FAILED', error.message))
      await clock.sleep(everyMs, stop.signal).catch(() => undefined)
    }
  })()
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await loop
    },
  }
}
