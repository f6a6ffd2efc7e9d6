/**
 * What the demonstration's mailbox needs from others.
 *
 * @module
 */
import type { Logger } from 'pino'
import type { AuditTrail } from '#audit/trail.ts'
import type { DnsRecord } from '#protocol/dns/mail-records.ts'
import type { Clock } from '#system/clock.ts'

export type MailboxPorts = {
  readonly clock: Clock
  readonly log: Logger
  readonly trail: AuditTrail
  /** Unix socket that speaks SMTP. */
  readonly smtpSocket: string
  /** Unix socket of the pages. */
  readonly httpSocket: string
  /** Where mail is kept; the service's own. */
  readonly folder: string
  /** What the sending domains would publish: stands in for DNS, which a demonstration has not. */
  readonly records: () => Promise<readonly DnsRecord[]>
}
