/**
 * What the mail probes are pointed at, and how they send and follow a link as anybody would.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { createTransport } from 'nodemailer'
import { passwordNow, type Password } from '#system/secret-file.ts'
import type { Address } from '../exchange.ts'
import { finding, notReached, type Verdict } from '../probe.ts'
import type { EchoedMail, MailEcho } from './echo.ts'

export type MailTarget = {
  /** Where mail is handed in. */
  readonly submission: Address
  readonly user: string
  readonly password: Password
  /** Certificates that may vouch for submission and for local pages, PEM. */
  readonly ca: string
  /** Domain of the sender. */
  readonly domain: string
  /** Domain whose mail the gateway brings to the echo. */
  readonly probeDomain: string
  readonly echo: MailEcho
  /** Where `*.localhost` answers HTTPS. */
  readonly https: Address
}

/** DNS as `dns.resolve` answers it; errors carry `code`. */
export type DnsLookup = (name: string, type: string) => Promise<string[][] | string[]>

/** The domain's public records, if it is a domain that somebody owns. */
export type DnsTarget = {
  readonly domain: string
  readonly bounceDomain: string
  /** False for names reserved for examples: then there is nothing to look up. */
  readonly isPublic: boolean
  readonly lookup: DnsLookup
  /** Addresses that send for the domain. */
  readonly addresses: readonly string[]
}

const PATIENCE_MS = 5_000

export function newNonce(): string {
  return randomBytes(8).toString('hex')
}

/** Without a domain of the operator's own nothing is claimed about it. */
export function noDomain({ domain }: DnsTarget): Verdict {
  return { outcome: 'unmeasured', findings: [finding('MAIL_NO_DOMAIN', { domain })] }
}

/** What the gateway said to one mail: undefined when it took it, else its refusal. */
export async function send(target: MailTarget, to: string): Promise<string | undefined> {
  const { host, port } = target.submission
  const client = createTransport({
    host,
    port,
    requireTLS: true,
    auth: { user: target.user, pass: await passwordNow(target.password) },
    tls: { ca: target.ca, servername: 'localhost' },
    connectionTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
  })
  try {
    const from = `probe@${target.domain}`
    await client.sendMail({ from, to, subject: 'Veilig probe', text: 'A sampled message.\n' })
    return undefined
  } catch (error) {
    const { responseCode, response } = error as { responseCode?: number; response?: string }
    if (responseCode !== undefined && responseCode >= 550) return response ?? ''
    throw notReached(`the mail gateway on port ${port}`, error)
  } finally {
    client.close()
  }
}

/** Sends one mail that must arrive. @throws When it does not: there is nothing to examine. */
export async function sample(
  target: MailTarget,
  nonce: string,
  count: number,
  signal: AbortSignal,
): Promise<EchoedMail> {
  const refusal = await send(target, `${nonce}@${target.probeDomain}`)
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  const mails = refusal === undefined ? await target.echo.wait(nonce, count, patience) : []
  const mail = mails[count - 1]
  if (!mail) throw notReached('the mailbox of the probe')
  return mail
}

/** The header's value, unfolded; empty when absent. */
export function fieldOf(mail: EchoedMail, name: string): string {
  const text = mail.bytes.toString('latin1')
  const header = text.slice(0, text.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ')
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(header)?.[1]?.trim() ?? ''
}

/** Follows a link as a mail program does: no cookie, no redirect. @returns The status. */
export async function visit(
  target: MailTarget,
  method: 'GET' | 'POST',
  link: string,
  signal: AbortSignal,
): Promise<number> {
  const url = new URL(link)
  const isLocal = url.hostname.endsWith('.localhost')
  const { host: hostname, port } = target.https
  const place = isLocal ? { hostname, port, servername: url.hostname, ca: target.ca } : {}
  const body = method === 'POST' ? 'List-Unsubscribe=One-Click' : ''
  const headers = { 'content-type': 'application/x-www-form-urlencoded', host: url.host }
  try {
    const sent = request(url, { ...place, method, headers, signal, agent: false })
    sent.end(body)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode ?? 0
  } catch (error) {
    throw notReached(url.host, error)
  }
}
