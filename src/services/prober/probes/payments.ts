/**
 * payments.redirect and payments.nocard: where paying leads, and whether a card number is seen.
 *
 * @module
 */
import { request } from 'node:https'
import { CARD_DRILL_PATH } from '#lib/cards/drill.ts'
import type { Finding } from '#lib/claims/statement.ts'
import { finding, notReached, verdictOf, type Probe } from '../probe.ts'
import type { WebTarget } from './tls.ts'

/** What payments says of all its paid payments. */
export type LedgerCounts = {
  readonly paid: number
  readonly unwitnessed: number
  readonly unbalanced: number
}

export type CustomerLedger = Omit<LedgerCounts, 'unbalanced'> & { readonly tenant: string }

export type PaymentsView = {
  /** Begins a payment that nobody pays. @returns Where the payer would go. */
  readonly begin: (signal: AbortSignal) => Promise<string>
  readonly ledger: (signal: AbortSignal) => Promise<LedgerCounts>
  /** The same of each customer; those without a paid payment may be missing. */
  readonly customers: (signal: AbortSignal) => Promise<readonly CustomerLedger[]>
  /** Our own hosts; what is on none of them is the gateway. */
  readonly ownHosts: readonly string[]
}

/** Form fields, scripts and frames by which a page could take a card. */
const takesCards = /<(?:script|iframe|object|embed|input(?![^>]*type="hidden")|textarea|select)\b/i

export function paymentsRedirectProbe(target: WebTarget, view: PaymentsView): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      const good: Finding[] = []
      const bad: Finding[] = []
      const address = new URL(await view.begin(signal))
      if (view.ownHosts.includes(address.hostname)) {
        const page = await fetchPage(target, address, signal)
        const [, action = ''] = /<form[^>]*action="([^"]+)"/i.exec(page) ?? []
        const host = URL.canParse(action) ? new URL(action).hostname : ''
        const away = host !== '' && !view.ownHosts.includes(host)
        if (takesCards.test(page))
          bad.push(finding('PAY_PAGE_TAKES_DATA', { path: address.pathname.slice(0, 4) }))
        if (away) good.push(finding('PAY_LEADS_AWAY', { host }))
        else bad.push(finding('PAY_STAYS_HERE', { host: address.hostname }))
      } else {
        good.push(finding('PAY_LEADS_AWAY', { host: address.hostname }))
      }
      const { paid, unwitnessed, unbalanced } = await view.ledger(signal)
      if (unwitnessed > 0) bad.push(finding('PAY_WITHOUT_WORD', { unwitnessed, paid }))
      else good.push(finding('PAY_WITH_WORD', { paid }))
      if (unbalanced > 0) bad.push(finding('PAY_LEDGER_UNBALANCED', { unbalanced }))
      const customers = new Map(
        (await view.customers(signal)).map((one) => [one.tenant, [ledgerFinding(one)]] as const),
      )
      return { ...verdictOf(good, bad), customers }
    },
  }
}

function ledgerFinding({ paid, unwitnessed }: CustomerLedger): Finding {
  return unwitnessed > 0
    ? finding('CUSTOMER_UNWITNESSED', { paid, unwitnessed })
    : finding('CUSTOMER_PAID', { paid })
}

/** A number the schemes publish for tests; belongs to nobody. */
export const TEST_NUMBER = '4111111111111111'
const TIMES = ['plain', 'spaced', 'base64'] as const

export type CardEvents = {
  /** Whether a sighting in a request is recorded from now on, within the probe's time. */
  readonly watch: (signal: AbortSignal) => Promise<() => Promise<boolean>>
  /** How it is written this time. */
  readonly turn: () => number
}

export function noCardProbe(target: WebTarget, events: CardEvents): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      const form = TIMES[events.turn() % TIMES.length] ?? 'plain'
      const seen = await events.watch(signal)
      await post(target, `note=${encodeURIComponent(written(form))}`, signal)
      if (await seen()) return verdictOf([finding('CARD_TEST_SEEN', { form })], [])
      return verdictOf([], [finding('CARD_TEST_UNSEEN', { form })])
    },
  }
}

function written(form: (typeof TIMES)[number]): string {
  if (form === 'spaced') return TEST_NUMBER.replace(/(.{4})(?=.)/g, '$1 ')
  return form === 'base64' ? Buffer.from(`card ${TEST_NUMBER}.`).toString('base64url') : TEST_NUMBER
}

const PAGE_MAX = 256 * 1024

function fetchPage(target: WebTarget, address: URL, signal: AbortSignal): Promise<string> {
  const path = address.pathname + address.search
  return send(target, address.hostname, 'GET', path, '', signal)
}

/** To an address that does not exist: nobody keeps what we send. */
function post(target: WebTarget, body: string, signal: AbortSignal): Promise<string> {
  return send(target, target.hostName, 'POST', CARD_DRILL_PATH, body, signal)
}

function send(
  target: WebTarget,
  name: string,
  method: string,
  path: string,
  body: string,
  signal: AbortSignal,
): Promise<string> {
  const { host, port } = target.https
  return new Promise((resolve, reject) => {
    const call = request({
      host,
      port,
      method,
      path,
      servername: name,
      ca: target.ca,
      agent: false,
      signal,
      headers: {
        host: `${name}:${port}`,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'veilig-prober',
      },
    })
    call.on('error', (error) => reject(notReached(`${host}:${port}`, error)))
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text = (text + chunk).slice(0, PAGE_MAX)))
      response.on('error', reject)
      response.on('end', () => resolve(text))
    })
    call.end(body)
  })
}
