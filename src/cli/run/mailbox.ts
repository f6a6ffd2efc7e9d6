/**
 * Composes the demonstration's mailbox.
 *
 * @module
 */
import { join } from 'node:path'
import { UsageError } from '#lib/errors.ts'
import type { DnsRecord } from '#protocol/dns/mail-records.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import { serve } from '#services/mailbox/serve.ts'
import type { ServiceContext } from '../context.ts'
import { MAILBOX_SMTP } from './mail-gateway.ts'
import { recordsFile } from './mail-keys.ts'

/** @throws {UsageError} MAILBOX_NOT_WANTED when mail really leaves: nobody may read it here. */
export async function runMailbox(context: ServiceContext): Promise<RunningService> {
  const { clock, log, trail, paths } = context
  const { delivery } = context.config.mailGateway
  if (delivery.kind !== 'demonstration') {
    const message = `mail is delivered by '${delivery.kind}'; the mailbox is the demonstration's`
    throw new UsageError('MAILBOX_NOT_WANTED', message)
  }
  return serve({
    clock,
    log,
    trail,
    smtpSocket: paths.socket(MAILBOX_SMTP),
    httpSocket: paths.socket('mailbox'),
    folder: join(paths.data, 'mail', 'mailbox'),
    records: async () => {
      const text = Buffer.from(await systemDisk.read(recordsFile(context))).toString('utf8')
      return JSON.parse(text) as readonly DnsRecord[]
    },
  })
}
