/**
 * Certificates that public logs know for our names, and which of them are none of ours.
 *
 * A source answers a question for one name with a JSON array, one object a certificate, as the two
 * monitors do that anybody may ask: crt.sh (`output=json`) and Cert Spotter (`/v1/issuances`, with
 * `expand=dns_names`, `issuer` and `cert_der`). Other monitors can be asked through a small program
 * that writes either. A precertificate and its certificate have one serial number and are one.
 *
 * Source: SSLMate, "Certificate Transparency Search API v1"; of crt.sh, whose form is documented
 * nowhere, answers as users have published them.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { FaultError } from '#lib/errors.ts'

export type LoggedCertificate = {
  /** Hex, lower case, without leading zeros. */
  readonly serial: string
  readonly issuer: string
  readonly names: readonly string[]
  readonly fromMs: number
  readonly untilMs: number
}

/** One answer. */
export type LoggedPage = {
  readonly certificates: readonly LoggedCertificate[]
  /** Of a source that answers page by page: where the next one begins. */
  readonly after: string | undefined
}

const CERTIFICATES_MAX = 20_000
const NAMES_TOLD_MAX = 10
const DER_MAX = 65_536

/** Without a zone the time is of UTC. */
const moment = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/)
const base64 = z
  .string()
  .max(DER_MAX)
  .regex(/^[A-Za-z0-9+/]+=*$/)

const crtSh = z.object({
  serial_number: z.string().regex(/^[0-9a-fA-F]{1,64}$/),
  issuer_name: z.string().max(1024),
  name_value: z.string().max(65_536),
  not_before: moment,
  not_after: moment,
})

const certSpotter = z.object({
  id: z.string().regex(/^\w{1,64}$/),
  dns_names: z.array(z.string().max(253)).max(10_000),
  issuer: z.object({ name: z.string().max(1024) }),
  not_before: moment,
  not_after: moment,
  cert_der: base64,
})

/**
 * Reads an answer of either form.
 *
 * @throws {FaultError} CT_SOURCE_UNREADABLE.
 */
export function readLogged(text: string): LoggedPage {
  try {
    const list = z.array(z.looseObject({})).max(CERTIFICATES_MAX).parse(JSON.parse(text))
    const isSpotter = list[0] !== undefined && 'dns_names' in list[0]
    return isSpotter ? ofCertSpotter(list) : ofCrtSh(list)
  } catch (cause) {
    const message =
      'not a list of certificates as crt.sh or Cert Spotter give it (of Cert Spotter ask for ' +
      `expand=dns_names, expand=issuer and expand=cert_der): ${(cause as Error).message}`
    throw new FaultError('CT_SOURCE_UNREADABLE', message, { cause })
  }
}

function ofCrtSh(list: readonly unknown[]): LoggedPage {
  const found = new Map<string, LoggedCertificate>()
  for (const entry of z.array(crtSh).parse(list)) {
    const serial = plainSerial(entry.serial_number)
    const names = entry.name_value.toLowerCase().split(/\s+/).filter(Boolean)
    add(found, { serial, issuer: entry.issuer_name, names, ...times(entry) })
  }
  return { certificates: [...found.values()], after: undefined }
}

function ofCertSpotter(list: readonly unknown[]): LoggedPage {
  const found = new Map<string, LoggedCertificate>()
  const entries = z.array(certSpotter).parse(list)
  for (const entry of entries) {
    const { serialNumber } = new X509Certificate(Buffer.from(entry.cert_der, 'base64'))
    const names = entry.dns_names.map((name) => name.toLowerCase())
    const serial = plainSerial(serialNumber)
    add(found, { serial, issuer: entry.issuer.name, names, ...times(entry) })
  }
  return { certificates: [...found.values()], after: entries.at(-1)?.id }
}

/** What several entries say of one certificate is told together. */
export function add(found: Map<string, LoggedCertificate>, certificate: LoggedCertificate): void {
  const others = found.get(certificate.serial)?.names ?? []
  const names = [...new Set([...others, ...certificate.names])].slice(0, NAMES_TOLD_MAX)
  found.set(certificate.serial, { ...certificate, names })
}

/** Those that could still be shown to somebody, and are not known. */
export function strangers(
  logged: readonly LoggedCertificate[],
  known: ReadonlySet<string>,
  nowMs: number,
): readonly LoggedCertificate[] {
  return logged.filter(({ serial, untilMs }) => untilMs > nowMs && !known.has(serial))
}

/** As everybody writes it alike. @param hex Of whatever case, with zeros before it or without. */
export function plainSerial(hex: string): string {
  return hex.toLowerCase().replace(/^0+(?=.)/, '')
}

function times(entry: { readonly not_before: string; readonly not_after: string }): {
  readonly fromMs: number
  readonly untilMs: number
} {
  return { fromMs: utcMs(entry.not_before), untilMs: utcMs(entry.not_after) }
}

function utcMs(text: string): number {
  return Date.parse(`${text.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)}Z`)
}
