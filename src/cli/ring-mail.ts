/**
 * Mail of the ring's own services to people, through the ring's own mail gateway.
 *
 * @module
 */
import { gatewaySender, type SendMail } from '#services/status/breach/mailer.ts'
import { systemDisk } from '#system/disk.ts'
import { secretIn } from '#system/secret-file.ts'
import type { Context } from './context.ts'

const LOOPBACK = '127.0.0.1'

/**
 * @param sender One of the gateway's own senders, by name.
 * @returns Undefined where this ring has no mail gateway of its own to hand mail to.
 */
export async function ringMail(
  { paths, ports, config }: Pick<Context, 'paths' | 'ports' | 'config'>,
  sender: string,
): Promise<SendMail | undefined> {
  const password = paths.secret(sender, 'submission-password')
  if ((await systemDisk.size(password)) === undefined) return undefined
  const { domains, listen } = config.mailGateway
  return async (mail) => {
    // Read for each mail: the password and the authority may have been renewed meanwhile.
    const send = gatewaySender({
      host: listen === '0.0.0.0' || listen === '::' ? LOOPBACK : listen,
      port: ports.mail,
      ca: await secretIn(paths.caCertificate),
      user: sender,
      password: await secretIn(password),
      from: `security@${domains[0] ?? 'localhost'}`,
    })
    return send(mail)
  }
}
