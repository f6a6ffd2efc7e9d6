/**
 * Takes reports about our mail: proves whose they are, unpacks, reads, keeps.
 *
 * @module
 */
import { authenticate } from 'mailauth'
import { DeniedError } from '#lib/errors.ts'
import { parseMessage } from '#protocol/mail/message.ts'
import { leavesOf } from '#protocol/mail/mime.ts'
import { readXml } from '#protocol/mail/xml.ts'
import { inTransaction } from '#system/postgres/transaction.ts'
import { record } from '../events.ts'
import type { MailPorts } from '../ports.ts'
import { queueFailed } from '../store.ts'
import { readDmarcReport } from './dmarc-report.ts'
import { keepDmarcReport, keepTlsReport } from './store.ts'
import { readTlsReport } from './tls-report.ts'
import { unpackReport } from './unpack.ts'

/** What is known of the mail that brought it. */
export type Bringer = { readonly envelopeFrom: string; readonly ip: string; readonly helo: string }

export type Kept = {
  readonly kind: 'dmarc' | 'tls'
  readonly reporter: string
  readonly rows: number
  readonly isNew: boolean
}

type Ports = Pick<MailPorts, 'pool' | 'clock' | 'trail' | 'lookup'>

export class ReportDesk {
  readonly #ports: Ports
  readonly #domains: readonly string[]

  /** @param domains Whose reports are kept. */
  constructor(ports: Ports, domains: readonly string[]) {
    this.#ports = ports
    this.#domains = domains
  }

  /**
   * Takes a mail with a report in it.
   *
   * Anybody can write what he likes about anybody's mail: only what DMARC proves to come from the
   * domain in From is kept, under that domain's name.
   *
   * @throws {DeniedError} MAIL_REPORT_INVALID. {FaultError} MAIL_QUEUE_FAILED.
   */
  async take(mail: Uint8Array, bringer: Bringer): Promise<Kept> {
    const reporter = await this.#provenBy(mail, bringer)
    if (reporter === undefined) throw invalid('no proof of whose it is', 'DMARC does not pass')
    for (const { bytes } of leavesOf(parseMessage(mail))) {
      const text = await unpackReport(bytes)
      if (text !== undefined && /<feedback|"policies"/.test(text)) return this.keep(text, reporter)
    }
    throw invalid('no report is in it', 'no report is in it')
  }

  /**
   * @param text XML or JSON.
   * @param reporter Who says so, in place of the name the report gives itself.
   */
  async keep(text: string, reporter?: string): Promise<Kept> {
    const read = text.trimStart().startsWith('{')
      ? { kind: 'tls' as const, report: readTlsReport(text) }
      : { kind: 'dmarc' as const, report: readDmarcReport(readXml(text.replace(/^\ufeff/, ''))) }
    const { pool, clock, trail } = this.#ports
    const named = reporter ?? read.report.reporter
    if (!this.#domains.some((domain) => belongsTo(read.report.domain, domain)))
      throw invalid(`about ${read.report.domain}`, 'this domain is none of ours')
    const isNew = await inTransaction(pool, queueFailed, (client) =>
      read.kind === 'tls'
        ? keepTlsReport(client, { ...read.report, reporter: named }, clock.nowMs())
        : keepDmarcReport(client, { ...read.report, reporter: named }, clock.nowMs()),
    )
    const rows = read.kind === 'tls' ? read.report.results.length : read.report.rows.length
    if (isNew) await record(trail, 'MAIL_REPORT_KEPT', { kind: read.kind, reporter: named, rows })
    return { kind: read.kind, reporter: named, rows, isNew }
  }

  /** The domain in From, when DMARC passes for it. */
  async #provenBy(
    mail: Uint8Array,
    { envelopeFrom, ip, helo }: Bringer,
  ): Promise<string | undefined> {
    const { dmarc } = await authenticate(Buffer.from(mail), {
      sender: envelopeFrom,
      ip,
      helo,
      resolver: this.#ports.lookup,
      strict: true,
      disableArc: true,
      disableBimi: true,
    })
    return dmarc && dmarc.status.result === 'pass' ? dmarc.domain : undefined
  }
}

function belongsTo(domain: string, ours: string): boolean {
  return domain === ours || domain.endsWith(`.${ours}`)
}

function invalid(why: string, said: string): DeniedError {
  return new DeniedError('MAIL_REPORT_INVALID', why, said)
}
