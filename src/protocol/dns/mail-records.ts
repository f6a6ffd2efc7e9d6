/**
 * The DNS records that make a domain's mail provable: what to publish, exactly.
 *
 * Source: RFC 7208 (SPF), RFC 6376 and 8463 (DKIM keys), RFC 9989 (DMARC), RFC 9990 (its reports),
 * RFC 8461 (MTA-STS), RFC 8460 (TLS reports).
 *
 * @module
 */
import { createHash, type KeyObject } from 'node:crypto'

/** One record of a zone. `value` is in presentation form without quotes. */
export type DnsRecord = {
  readonly name: string
  readonly type: 'TXT' | 'MX'
  readonly value: string
  /** One sentence for the person who publishes it. */
  readonly why: string
}

/** A DKIM key as the world sees it. */
export type PublicDkimKey = {
  readonly selector: string
  readonly publicKey: KeyObject
}

export type MailDomain = {
  /** Domain in the From field. */
  readonly domain: string
  /** Domain of the envelope sender; bounces come back to it. */
  readonly bounceDomain: string
  /** Name of the sending host. */
  readonly hostname: string
  /** SPF mechanisms that cover every sending address: `ip4:192.0.2.1`, `include:relay.example`. */
  readonly spf: readonly string[]
  readonly keys: readonly PublicDkimKey[]
  /** Where aggregate and TLS reports go. */
  readonly reportAddress: string
  /** Hosts that receive the domain's own mail; empty when it receives none, or unknown. */
  readonly inbound: readonly string[]
}

/** A TXT record is a list of strings of at most 255 bytes (RFC 1035 §3.3). */
const STRING_MAX = 255

const MTA_STS_MAX_AGE_S = 604_800

/** Every record to publish, in the order of a zone file that reads well. */
export function mailRecords(mail: MailDomain): readonly DnsRecord[] {
  const spf = ['v=spf1', ...mail.spf, '-all'].join(' ')
  const records: DnsRecord[] = [
    record(mail.domain, 'TXT', spf, 'which hosts may send for the domain'),
    record(mail.bounceDomain, 'TXT', spf, 'the same for the envelope sender, which SPF looks at'),
    record(mail.bounceDomain, 'MX', `10 ${mail.hostname}.`, 'bounces come back here'),
    record(mail.hostname, 'TXT', spf, 'the same for the name the host gives in EHLO'),
    ...mail.keys.map((key) => {
      const name = `${key.selector}._domainkey.${mail.domain}`
      return record(name, 'TXT', dkimRecord(key.publicKey), 'the key of the DKIM signatures')
    }),
    record(`_dmarc.${mail.domain}`, 'TXT', dmarcRecord(mail), 'forged mail goes to quarantine'),
    record(`_smtp._tls.${mail.domain}`, 'TXT', tlsRptRecord(mail), 'reports of failed TLS'),
    ...reportConsent(mail),
  ]
  if (mail.inbound.length > 0) {
    const name = `_mta-sts.${mail.domain}`
    records.push(record(name, 'TXT', mtaStsRecord(mail), 'mail to the domain needs TLS'))
  }
  return records
}

function record(name: string, type: DnsRecord['type'], value: string, why: string): DnsRecord {
  return { name, type, value, why }
}

/** RFC 6376 §3.6.1; an Ed25519 key is its 32 bytes alone (RFC 8463 §4). */
export function dkimRecord(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' })
  if (publicKey.asymmetricKeyType === 'rsa') return `v=DKIM1; k=rsa; p=${der.toString('base64')}`
  return `v=DKIM1; k=ed25519; p=${der.subarray(-32).toString('base64')}`
}

function dmarcRecord(mail: MailDomain): string {
  return `v=DMARC1; p=quarantine; sp=quarantine; adkim=s; aspf=r; rua=mailto:${mail.reportAddress}`
}

/**
 * Nobody is made to get reports about others: where they go to another organization's domain, that
 * domain must say that it wants them. RFC 9990 §4.
 */
function reportConsent({ domain, reportAddress }: MailDomain): readonly DnsRecord[] {
  const host = reportAddress.slice(reportAddress.lastIndexOf('@') + 1).toLowerCase()
  const isWithin = (inner: string, outer: string): boolean =>
    inner === outer || inner.endsWith(`.${outer}`)
  if (isWithin(host, domain) || isWithin(domain, host)) return []
  const why = `${host} agrees to get the reports about ${domain}`
  return [record(`${domain}._report._dmarc.${host}`, 'TXT', 'v=DMARC1', why)]
}

function tlsRptRecord(mail: MailDomain): string {
  return `v=TLSRPTv1; rua=mailto:${mail.reportAddress}`
}

/** The policy file to serve at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`, RFC 8461 §3.2. */
export function mtaStsPolicy(inbound: readonly string[]): string {
  const hosts = inbound.map((host) => `mx: ${host}`)
  const lines = ['version: STSv1', 'mode: enforce', ...hosts, `max_age: ${MTA_STS_MAX_AGE_S}`]
  return `${lines.join('\r\n')}\r\n`
}

/** The id changes exactly when the policy does. */
function mtaStsRecord(mail: MailDomain): string {
  const digest = createHash('sha256').update(mtaStsPolicy(mail.inbound)).digest('hex')
  return `v=STSv1; id=${digest.slice(0, 20)}`
}

/** The record as a line of a zone file. */
export function zoneLine(entry: DnsRecord): string {
  const value = entry.type === 'TXT' ? txtStrings(entry.value) : entry.value
  return `${entry.name}. 3600 IN ${entry.type} ${value}`
}

function txtStrings(value: string): string {
  const strings = value.match(new RegExp(`.{1,${STRING_MAX}}`, 'g')) ?? ['']
  const quoted = strings.map((text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`)
  return quoted.length === 1 ? (quoted[0] ?? '') : `( ${quoted.join(' ')} )`
}
