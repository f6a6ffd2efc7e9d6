/**
 * Composes payments: its keys, its store, its doors, and in the demonstration its clubs.
 *
 * @module
 */
import { createPublicKey } from 'node:crypto'
import { serve, type PaymentsPorts } from '#services/payments/serve.ts'
import type { PaymentsConfig } from '#services/payments/config.ts'
import { CLUB_SENDER } from '#services/mail-gateway/config.ts'
import { twinKeys } from '#services/payment-twins/ports.ts'
import { systemDisk } from '#system/disk.ts'
import { httpCaller } from '#system/http-call.ts'
import type { RunningService } from '#system/service.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { Context, ServiceContext } from '../context.ts'
import { controlConnection } from '../control.ts'
import { ringMail } from '../ring-mail.ts'
import { demonstrationKeysFile } from '../supervisor/payment-keys.ts'

/** The demonstration's clubs, each with a payment service of its own choice. */
export const demonstrationClubs = { paypal: 'zuiderpark', paybox: 'roseraie' } as const

/** Where browsers find payments and, in the demonstration, its gateways. */
export function publicOrigins({ ports }: Pick<Context, 'ports'>): {
  readonly payments: string
  readonly paypal: string
  readonly paybox: string
} {
  const at = (name: string): string => `https://${name}.localhost:${ports.https}`
  return { payments: at('pay'), paypal: at('paypal-twin'), paybox: at('paybox-twin') }
}

/** @throws {FaultError} LISTEN_FAILED, PAYMENT_STORE_FAILED, DISK_…. */
export async function runPayments(context: ServiceContext): Promise<RunningService> {
  const { clock, trail, log, paths, ports } = context
  const given = context.config.payments
  const secret = (file: string): Promise<Uint8Array> =>
    systemDisk.read(paths.secret('payments', file))
  const secretText = async (file: string): Promise<string> =>
    Buffer.from(await secret(file)).toString('utf8')
  const pool = openPool(await controlConnection(context, 'payments'))
  const gateways = given.demonstration ? await demonstrated(context, secretText) : await real(given)
  const payments = await serve(gateways.config, {
    clock,
    trail,
    pool,
    call: httpCaller(given.gatewayTimeoutMs, gateways.ca),
    port: ports.payments,
    socket: paths.socket('payments'),
    adminSocket: paths.socket('payments-office'),
    tellClub: await clubMail(context),
    publicOrigin: publicOrigins(context).payments,
    apiKey: await secretText('payments-key'),
    eventsUrl: given.eventsUrl ?? `http://127.0.0.1:${ports.application}/payments/events`,
    eventsSecret: await secretText('payments-events-secret'),
    sealKey: await secret('seal.key'),
    paypalAuthorityPem: gateways.paypalAuthorityPem,
    payboxKey: gateways.payboxKey,
    tenants: gateways.tenants,
    complain: (code, message) => log.warn({ code }, message),
  })
  return {
    [Symbol.asyncDispose]: async () => {
      await payments[Symbol.asyncDispose]()
      await pool.end()
    },
  }
}

type Gateways = Pick<PaymentsPorts, 'paypalAuthorityPem' | 'payboxKey' | 'tenants'> & {
  readonly config: PaymentsConfig
  readonly ca: string | undefined
}

/** The two twins, and a club at each. */
async function demonstrated(
  context: ServiceContext,
  secretText: (file: string) => Promise<string>,
): Promise<Gateways> {
  const { paypal, paybox } = twinKeys.parse(JSON.parse(await secretText(demonstrationKeysFile)))
  const origins = publicOrigins(context)
  const given = context.config.payments
  const environment = 'demonstration' as const
  const { clientId, clientSecret, webhookId } = paypal
  const { site, rank, identifier, hmacKey } = paybox
  return {
    config: {
      ...given,
      paypal: {
        ...given.paypal,
        api: origins.paypal,
        certificateHosts: [new URL(origins.paypal).host],
      },
      paybox: {
        ...given.paybox,
        form: `${origins.paybox}/cgi/MYchoix_pagepaiement.cgi`,
        fallbackForms: [],
        direct: `${origins.paybox}/PPPS.php`,
        fallbackDirects: [],
      },
    },
    ca: await readText(context.paths.caCertificate),
    paypalAuthorityPem: paypal.authorityPem,
    payboxKey: createPublicKey(paybox.publicPem),
    tenants: [
      {
        tenant: demonstrationClubs.paypal,
        environment,
        keys: { gateway: 'paypal', clientId, clientSecret, webhookId },
        contact: { address: 'penningmeester@zuiderpark.example', language: 'nl' },
      },
      {
        tenant: demonstrationClubs.paybox,
        environment,
        keys: { gateway: 'paybox', site, rank, identifier, hmacKey },
        contact: { address: 'tresorier@roseraie.example', language: 'fr' },
      },
    ],
  }
}

/** Undefined where this ring has no mail gateway of its own. */
async function clubMail(context: ServiceContext): Promise<PaymentsPorts['tellClub']> {
  const send = await ringMail(context, CLUB_SENDER)
  return (
    send &&
    (async ({ address, language }, tenant, text) =>
      void (await send({ to: address, subject: subjects[language], text, language, tenant })))
  )
}

const subjects = {
  nl: 'Betalingen van uw club',
  en: 'Your club’s payments',
  fr: 'Les paiements de votre club',
} as const

async function real(config: PaymentsConfig): Promise<Gateways> {
  const { authorityFile } = config.paypal
  const { publicKeyFile } = config.paybox
  return {
    config,
    ca: undefined,
    paypalAuthorityPem: authorityFile === undefined ? undefined : await readText(authorityFile),
    payboxKey:
      publicKeyFile === undefined ? undefined : createPublicKey(await readText(publicKeyFile)),
    tenants: [],
  }
}

async function readText(file: string): Promise<string> {
  return Buffer.from(await systemDisk.read(file)).toString('utf8')
}
