/**
 * Where the application hands in its mail: an address and password, in a file that is read again.
 *
 * @module
 */
import { systemDisk } from '#system/disk.ts'
import { secretIn } from '#system/secret-file.ts'
import type { Context } from '../context.ts'

type Where = Pick<Context, 'paths' | 'ports' | 'config'>

/** Writes the address, unless it stands there: the age of the file is that of the password. */
export async function announceSubmission(context: Where): Promise<string> {
  const url = new URL(`smtp://localhost:${context.ports.mail}`)
  url.username = 'application'
  url.password = await secretIn(context.paths.secret('application', 'submission-password'))
  const file = submissionUrlFile(context)
  const known = (await systemDisk.size(file)) === undefined ? undefined : await secretIn(file)
  if (known !== url.href) await systemDisk.replace(file, Buffer.from(url.href))
  return url.href
}

/** What the application reads for each mail. */
export function submissionUrlFile({ paths }: Where): string {
  return paths.secret('application', 'smtp-url')
}

/** The address as it is at the start, the file that will hold the next one, and who sends. */
export async function mailEnvironment(context: Where): Promise<Record<string, string>> {
  return {
    SMTP_URL: await announceSubmission(context),
    SMTP_URL_FILE: submissionUrlFile(context),
    MAIL_FROM: `no-reply@${context.config.mailGateway.domains[0]}`,
  }
}
