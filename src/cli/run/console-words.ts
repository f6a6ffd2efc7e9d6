/**
 * How the console tells people something: by mail through our own gateway, and in the team's chat.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import { STAFF_SENDER } from '#services/mail-gateway/config.ts'
import type { SendMail } from '#services/staff/ports.ts'
import { gatewaySender } from '#services/status/breach/mailer.ts'
import { systemDisk } from '#system/disk.ts'
import type { ServiceContext } from '../context.ts'

const LOOPBACK = '127.0.0.1'
const HOOK_TIMEOUT_MS = 10_000

/** Undefined where this ring has no mail gateway of its own to hand mail to. */
export async function staffMail({
  paths,
  ports,
  config,
}: ServiceContext): Promise<SendMail | undefined> {
  const password = paths.secret(STAFF_SENDER, 'submission-password')
  if ((await systemDisk.size(password)) === undefined) return undefined
  const read = async (file: string): Promise<string> =>
    Buffer.from(await systemDisk.read(file)).toString('utf8')
  const { domains, listen } = config.mailGateway
  return async ({ to, subject, text }) => {
    // Read for each mail: the password and the authority may have been renewed meanwhile.
    const send = gatewaySender({
      host: listen === '0.0.0.0' || listen === '::' ? LOOPBACK : listen,
      port: ports.mail,
      ca: await read(paths.caCertificate),
      user: STAFF_SENDER,
      password: await read(password),
      from: `security@${domains[0] ?? 'localhost'}`,
    })
    await send({ to, subject, text, language: 'en', tenant: 'staff' })
  }
}

/** Posts `{"text": …}`, as the chats of teams take it. */
export function teamHook(
  url: string | undefined,
): ((text: string, link: string) => Promise<void>) | undefined {
  if (url === undefined) return undefined
  return async (text, link) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: `${text}\n${link}` }),
      signal: AbortSignal.timeout(HOOK_TIMEOUT_MS),
      redirect: 'error',
    })
    await response.body?.cancel()
    if (!response.ok)
      throw new FaultError('TEAM_HOOK_REFUSED', `the team's webhook answered ${response.status}`)
  }
}
