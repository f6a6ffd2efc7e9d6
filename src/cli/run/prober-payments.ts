/**
 * Points the probes of payments at the ring.
 *
 * @module
 */
import { readEvents } from '#audit/read.ts'
import { BookWatch } from '#audit/watch.ts'
import { FaultError } from '#lib/errors.ts'
import type { Probe } from '#services/prober/probe.ts'
import {
  noCardProbe,
  paymentsRedirectProbe,
  type CardEvents,
  type CustomerLedger,
  type LedgerCounts,
  type PaymentsView,
} from '#services/prober/probes/payments.ts'
import type { WebTarget } from '#services/prober/probes/tls.ts'
import { systemDisk } from '#system/disk.ts'
import type { ServiceContext } from '../context.ts'
import { demonstrationClubs } from './payments.ts'

const SEEN_WITHIN_MS = 12_000
const POLL_MS = 100
const BOOK = 'web-gateway'
/** The trial payment is kept so long, and never paid; then another is begun. */
const TRIAL_MS = 20 * 60_000

/** Paybox asks for one; this one lives at no address. */
const nobody = {
  firstName: 'Trial',
  lastName: 'Nobody',
  address1: 'Nowhere 1',
  zipCode: '1000',
  city: 'Brussels',
  country: 'BE',
} as const

export async function paymentProbes(
  context: ServiceContext,
  web: WebTarget,
): Promise<readonly (readonly [string, Probe])[]> {
  const nocard = ['payments.nocard', noCardProbe(web, cardEvents(context))] as const
  if (!context.config.payments.demonstration) return [nocard]
  const view = await paymentsView(context)
  return [nocard, ['payments.redirect', paymentsRedirectProbe(web, view)]]
}

async function paymentsView({ paths, ports, clock }: ServiceContext): Promise<PaymentsView> {
  const file = paths.secret('prober', 'payments-key')
  const key = Buffer.from(await systemDisk.read(file)).toString('utf8')
  const ask = async (path: string, signal: AbortSignal, body?: object): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${ports.payments}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal,
    })
    if (!answer.ok) throw new FaultError('PROBE_PAYMENTS_SILENT', `answer ${answer.status}`)
    return await answer.json()
  }
  const back = `https://localhost:${ports.https}/`
  const trial = async (reference: string, signal: AbortSignal): Promise<string | null> => {
    const made = (await ask('/v1/payments', signal, {
      tenant: demonstrationClubs.paybox,
      amount: 100,
      currency: 'EUR',
      reference,
      returnUrl: back,
      cancelUrl: back,
      payer: nobody,
      idempotencyKey: `probe-${clock.nowMs()}`,
    })) as { redirectUrl: string | null }
    return made.redirectUrl
  }
  let turn = 0
  return {
    ownHosts: ['pay.localhost', 'localhost'],
    begin: async (signal) => {
      const reference = `probe-${Math.floor(clock.nowMs() / TRIAL_MS)}`
      const kept = await trial(`${reference}-${turn}`, signal)
      // Of a trial whose gateway was silent once nobody knows how it stands: it leads nowhere.
      const address = kept ?? (await trial(`${reference}-${++turn}`, signal))
      if (address === null) throw new FaultError('PROBE_PAYMENTS_SILENT', 'it leads nowhere')
      return address
    },
    ledger: async (signal) => (await ask('/v1/ledger', signal)) as LedgerCounts,
    customers: async (signal) =>
      (await ask('/v1/ledger/tenants', signal)) as readonly CustomerLedger[],
  }
}

function cardEvents({ paths, clock }: ServiceContext): CardEvents {
  let turn = 0
  const wholeEveryMs = Infinity // only to count: whether it is sound is asked by audit.complete
  const book = new BookWatch({ folder: paths.audit, process: BOOK, clock, wholeEveryMs })
  return {
    turn: () => turn++,
    watch: async (signal) => {
      const { records } = await book.verify()
      return async () => {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(SEEN_WITHIN_MS)])
        const follow = { clock, signal: limit, pollMs: POLL_MS }
        const events = readEvents({ folder: paths.audit, process: BOOK, from: records, follow })
        for await (const { code, detail } of events) {
          if (code === 'CARD_NUMBER_SEEN' && detail['where'] === 'request') return true
        }
        return false
      }
    },
  }
}
