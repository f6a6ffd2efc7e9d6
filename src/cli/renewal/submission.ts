/**
 * Renews the passwords with which the ring's programs hand in mail: two are taken, then one.
 *
 * @module
 */
import { systemDisk } from '#system/disk.ts'
import { freshPassword, renewSecret } from '#system/secret-file.ts'
import type { Context } from '../context.ts'
import { announceSubmission } from '../run/application-mail.ts'
import { senders } from '../supervisor/first-run.ts'
import type { Renewal } from './renewal.ts'

/** How long both are taken: a mail that is being handed in has been by then. */
const BOTH_MS = 10_000

/** Without the application's when it is not ours: it reads its password once, when it starts. */
export function submissionRenewals(context: Context): readonly Renewal[] {
  const own = senders.filter((one) => one !== 'application' || !context.config.application.command)
  return own.map((sender) => ({
    credential: `${sender}/submission-password`,
    role: sender,
    waits: true,
    overlap: `both are taken for ${BOTH_MS / 1000} s, then one`,
    renew: () => renewSubmission(context, sender),
  }))
}

/** @param bothMs For tests. */
export async function renewSubmission(
  context: Context,
  sender: string,
  bothMs: number = BOTH_MS,
): Promise<void> {
  const { paths, clock } = context
  const compared = paths.secret('mail-gateway', `${sender}-submission-password`)
  await renewSecret(compared, freshPassword(), async (fresh) => {
    // The gateway takes both from here on: what it compares with stands beside the old one.
    await systemDisk.replace(paths.secret(sender, 'submission-password'), Buffer.from(fresh))
    if (sender === 'application') await announceSubmission(context)
    await clock.sleep(bothMs)
  })
}
