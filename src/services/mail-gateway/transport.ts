/**
 * The ways out: to the receiver's own servers, through a relay, or to the demonstration's mailbox.
 *
 * @module
 */
import { Resolver } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import SMTPConnection, { type SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection'
import type { DeliveryConfig } from './config.ts'
import type { Deliver, Outcome, Parcel } from './ports.ts'

const CONNECT_TIMEOUT_MS = 20_000
const SOCKET_TIMEOUT_MS = 60_000
/** The whole of one attempt, whatever the peer does. */
const ATTEMPT_TIMEOUT_MS = 240_000
const DNS_TIMEOUT_MS = 5_000
const SERVERS_MAX = 5
const REPLY_MAX_CHARS = 500

/** @param mailboxSocket Where the demonstration's mailbox listens. */
export function deliverer(
  delivery: DeliveryConfig,
  hostname: string,
  mailboxSocket: string,
): Deliver {
  switch (delivery.kind) {
    case 'demonstration':
      return async (parcel) => {
        const connection = connect(mailboxSocket)
        connection.on('error', () => undefined) // the SMTP client hears of it by its own listener
        return attempt({ name: hostname, connection, ignoreTLS: true }, parcel, undefined)
      }
    case 'smarthost': {
      const { host, port, user, password } = delivery
      const tls = { servername: host }
      const secure = delivery.tls === 'required' ? { requireTLS: true } : { opportunisticTLS: true }
      const login = user === undefined ? undefined : { user, pass: password ?? '' }
      return (parcel) => attempt({ name: hostname, host, port, tls, ...secure }, parcel, login)
    }
    case 'mx':
      return (parcel) => toReceiver(delivery, hostname, parcel)
  }
}

async function toReceiver(
  delivery: Extract<DeliveryConfig, { kind: 'mx' }>,
  hostname: string,
  parcel: Parcel,
): Promise<Outcome> {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 })
  if (delivery.resolvers.length > 0) resolver.setServers(delivery.resolvers)
  const found = await serversOf(resolver, parcel.domain)
  if ('kind' in found) return found
  let outcome: Outcome = { kind: 'later', reply: 'no server of the domain has an address' }
  for (const { host, address } of found.servers.slice(0, SERVERS_MAX)) {
    const options: SMTPConnectionOptions = {
      name: hostname,
      host: address,
      port: delivery.port,
      // Any certificate is better than none where the domain has announced nothing (RFC 7435).
      tls: { servername: isIP(host) ? '' : host, rejectUnauthorized: false },
      opportunisticTLS: true,
    }
    outcome = await attempt(options, parcel, undefined)
    if (outcome.kind !== 'later') return outcome
  }
  return outcome
}

type Server = { readonly host: string; readonly address: string }

/** RFC 5321 §5.1, RFC 7505 (a domain that receives no mail says so). */
async function serversOf(
  resolver: Resolver,
  domain: string,
): Promise<Outcome | { readonly servers: readonly Server[] }> {
  let hosts: readonly string[]
  try {
    const records = await resolver.resolveMx(domain)
    if (records.length === 1 && records[0]?.exchange === '') {
      return { kind: 'refused', reply: '556 5.1.10 the domain says that it receives no mail' }
    }
    hosts = records.toSorted((a, b) => a.priority - b.priority).map((record) => record.exchange)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTFOUND') {
      return { kind: 'refused', reply: '550 5.1.2 the domain does not exist' }
    }
    if (code !== 'ENODATA') return { kind: 'later', reply: `DNS did not answer (${code})` }
    hosts = [domain]
  }
  const servers: Server[] = []
  for (const host of hosts.slice(0, SERVERS_MAX)) {
    const found = await Promise.all([
      resolver.resolve6(host).catch(() => []),
      resolver.resolve4(host).catch(() => []),
    ])
    servers.push(...found.flat().map((address) => ({ host, address })))
  }
  return { servers }
}

/** One SMTP transaction with one server. */
async function attempt(
  options: SMTPConnectionOptions,
  parcel: Parcel,
  login: { user: string; pass: string } | undefined,
): Promise<Outcome> {
  const client = new SMTPConnection({
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    socketCloseTimeout: 1000,
    logger: false,
    ...options,
  })
  const timer = setTimeout(() => client.close(), ATTEMPT_TIMEOUT_MS)
  try {
    return await new Promise<Outcome>((resolve) => {
      const fail = (error: unknown): void => resolve(outcomeOf(error))
      client.once('error', fail)
      client.once('end', () => fail(new Error('the connection ended')))
      client.connect(() => {
        const send = (): void =>
          client.send(
            { from: parcel.envelopeFrom, to: [parcel.recipient], use8BitMime: true },
            Buffer.from(parcel.bytes),
            (error, info) => {
              if (error) return fail(error)
              resolve({ kind: 'delivered', reply: clean(info?.response ?? '') })
            },
          )
        if (login === undefined) return send()
        client.login({ credentials: login }, (error) => (error ? fail(error) : send()))
      })
    })
  } finally {
    clearTimeout(timer)
    client.on('error', () => undefined) // the answer is known; what breaks on the way out is not it
    client.quit()
    setImmediate(() => client.close())
    ;(options.connection as Socket | undefined)?.end()
  }
}

/** A 5xx is the receiver's last word on this mail; a refusal of our own login is not. */
function outcomeOf(error: unknown): Outcome {
  const { responseCode, response, code, message } = error as {
    responseCode?: number
    response?: string
    code?: string
    message: string
  }
  const reply = clean(response ?? message)
  const final = responseCode !== undefined && responseCode >= 500 && code !== 'EAUTH'
  return { kind: final ? 'refused' : 'later', reply }
}

function clean(reply: string): string {
  return reply
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, REPLY_MAX_CHARS)
}
