/**
 * What the mail gateway records. No event holds an address: a person is a keyed hash.
 *
 * @module
 */
import type { AuditDetail, AuditTrail } from '#audit/trail.ts'

export type MailEvent =
  | 'MAIL_ACCEPTED'
  | 'MAIL_AUTH_FAILED'
  | 'MAIL_DELIVERED'
  | 'MAIL_EXPIRED'
  | 'MAIL_REFUSED'
  | 'MAIL_REJECTED_BY_RECEIVER'
  | 'MAIL_REPORT_KEPT'
  | 'MAIL_RESUBSCRIBED'
  | 'MAIL_RETURNED'
  | 'MAIL_STUMBLED'
  | 'MAIL_SUPPRESSED'
  | 'MAIL_SUPPRESSION_LIFTED'
  | 'MAIL_UNSUBSCRIBED'
  | 'MAIL_WITHHELD'

/** @throws {FaultError} AUDIT_WRITE_FAILED; the gateway then stops. */
export async function record(
  trail: AuditTrail,
  code: MailEvent,
  detail: AuditDetail,
): Promise<void> {
  await trail.append([{ code, detail }])
}
