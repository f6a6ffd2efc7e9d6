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
import { DeniedError, FaultError, type VeiligError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import type { CallHttp } from '#system/http-call.ts'
import { migrate } from '#system/postgres/migrate.ts'
import type { RunningService } from '#system/service.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import { apiApp } from './api.ts'
import type { PaymentsConfig } from './config.ts'
import { tellApplication } from './courier.ts'
import { Desk } from './desk.ts'
import { doorsApp } from './doors.ts'
import { openKeys, sealKeys, type TenantKeys } from './keys.ts'
import type { Environment, Payment } from './model.ts'
import { payboxGateway } from './paybox-gateway.ts'
import { payboxForm } from './paybox.ts'
import { paypalGateway } from './paypal.ts'
import type { Gateway } from './ports.ts'
import { RefundDesk } from './refund-desk.ts'
import { PostgresRefundStore } from './refund-store.ts'
import { migrations } from './schema.ts'
import { PostgresPaymentStore } from './store.ts'

const NONCE_BYTES = 12
const COURIER_MS = 1_000
const PAYPAL_SUBJECT = 'messageverificationcerts.paypal.com'

export type PaymentsPorts = {
  readonly clock: Clock
  readonly trail: AuditTrail
  readonly pool: pg.Pool
  readonly call: CallHttp
  /** Loopback port of the application's door; 0 for any. */
  readonly port: number
  /** Unix socket of the public door. */
  readonly socket: string
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
  }[]
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
  const store = new PostgresPaymentStore(pool)
  for (const { tenant, environment, keys } of ports.tenants) {
    const sealedKeys = sealKeys(keys, tenant, ports.sealKey, randomBytes(NONCE_BYTES))
    await store.enterTenant(
      tenant,
      { gateway: keys.gateway, environment, sealedKeys },
      clock.nowMs(),
    )
  }
  const nowMs = (): number => clock.nowMs()
  const place = { ...config.paypal, ...config.paybox, publicOrigin: ports.publicOrigin }
  const tenantOf = async (
    tenant: string,
  ): Promise<{ environment: Environment; keys: TenantKeys }> => {
    const found = await store.tenant(tenant)
    if (!found) {
      const message = `${tenant} has chosen no payment service`
      throw new DeniedError('PAYMENT_TENANT_UNKNOWN', message, message)
    }
    const keys = openKeys(found.sealedKeys, tenant, ports.sealKey)
    return { environment: found.environment, keys }
  }
  const gatewayOf = async (payment: Pick<Payment, 'tenant' | 'gateway'>): Promise<Gateway> => {
    const { keys } = await tenantOf(payment.tenant)
    if (keys.gateway !== payment.gateway) {
      throw new FaultError('PAYMENT_GATEWAY_FAILED', 'the club has changed its payment service')
    }
    if (keys.gateway === 'paypal') return paypalGateway(keys, place, ports.call)
    return payboxGateway(keys, place, { call: ports.call, nowMs, digit: () => randomInt(10) })
  }
  const record = (code: string, detail: Readonly<Record<string, string>>): void => {
    void trail.append([{ code, detail }])
  }
  const complain = ({ tenant, id }: Payment, error: VeiligError): void => {
    record('PAYMENT_GATEWAY_SILENT', { tenant, payment: id, reason: error.code })
    ports.complain(error.code, error.message)
  }
  const asked = { gatewayOf, nowMs, newId: randomUUID, complain }
  const refunds = new RefundDesk({
    ...asked,
    payments: store,
    store: new PostgresRefundStore(pool),
  })
  const desk = new Desk({
    ...asked,
    store,
    choiceOf: async (tenant) => {
      const { environment, keys } = await tenantOf(tenant)
      return { environment, gateway: keys.gateway }
    },
  })
  const doors = doorsApp({
    desk,
    get: (id) => store.get(id),
    formOf: async (payment) => {
      const { keys } = await tenantOf(payment.tenant)
      if (keys.gateway !== 'paybox') return undefined
      return { action: place.form, fields: payboxForm(keys, place, payment, nowMs()) }
    },
    trustOf: async (tenant) => {
      const { keys } = await tenantOf(tenant)
      if (keys.gateway !== 'paypal' || ports.paypalAuthorityPem === undefined) return undefined
      const { certificateHosts } = config.paypal
      const { webhookId } = keys
      const authorityPem = ports.paypalAuthorityPem
      return { webhookId, certificateHosts, authorityPem, subject: PAYPAL_SUBJECT }
    },
    certificateAt: async (url) => (await ports.call({ method: 'GET', url: url.href })).text,
    payboxKey: ports.payboxKey,
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
  })
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
  started.use(repeat(clock, COURIER_MS, () => tellApplication(courier), ports.complain))
  const all = started.move()
  return { port, [Symbol.asyncDispose]: () => all.disposeAsync() }
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
