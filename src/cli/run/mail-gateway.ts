/**
 * Composes the mail gateway: its keys, its certificate, its queue, and the way out.
 *
 * @module
 */
import { systemDisk } from '#system/disk.ts'
import { followFile } from '#system/follow-file.ts'
import { secretsIn } from '#system/secret-file.ts'
import type { RunningService } from '#system/service.ts'
import { openPool } from '#system/postgres/pool.ts'
import {
  PROBE_DOMAIN,
  noticeSender,
  clubSender,
  staffSender,
  probeSender,
  type MailGatewayConfig,
} from '#services/mail-gateway/config.ts'
import type { Deliver, MailPorts } from '#services/mail-gateway/ports.ts'
import { ensureTokenKey } from '#services/mail-gateway/keys.ts'
import { serve } from '#services/mail-gateway/serve.ts'
import { lookupThrough } from '#services/mail-gateway/dns-check.ts'
import { stsPolicies } from '#services/mail-gateway/delivery/mta-sts.ts'
import { databasePolicyBook } from '#services/mail-gateway/delivery/policy-book.ts'
import { templateBook } from '#services/mail-gateway/templates/book.ts'
import { deliverer } from '#services/mail-gateway/transport.ts'
import type { Context, ServiceContext } from '../context.ts'
import { controlConnection } from '../control.ts'
import { keepKeysYoung, openKeyring } from './mail-keys.ts'
import { MAIL_DESK } from './mail-names.ts'

/** Where the demonstration's mailbox receives: a unix socket that speaks SMTP. */
export const MAILBOX_SMTP = 'mailbox-smtp'

/** Where the prober receives its sampled mails, in the same way. */
export const PROBE_SMTP = 'prober-smtp'

/** @throws {FaultError} PORT_IN_USE, LISTEN_FAILED, MAIL_QUEUE_FAILED, DISK_…. */
export async function runMailGateway(context: ServiceContext): Promise<RunningService> {
  const { clock, log, trail, ports, paths } = context
  const configured = context.config.mailGateway
  const config = { ...configured, senders: sendersOf(configured) }
  const secret = (file: string): string => paths.secret('mail-gateway', file)
  const text = async (file: string): Promise<string> =>
    Buffer.from(await systemDisk.read(secret(file))).toString('utf8')
  const shownTls = async (): Promise<MailPorts['tls']> => ({
    certificatePem: await text('tls.pem'),
    keyPem: await text('tls.key'),
  })
  const pool = openPool(await controlConnection(context, 'mail-gateway'))
  const ring = await openKeyring(context)
  const lookup = lookupThrough(config.delivery.kind === 'mx' ? config.delivery.resolvers : [])
  const youth = await keepKeysYoung(context, ring, lookup)
  const stsPolicyOf = stsPolicies(lookup, databasePolicyBook(pool), () => clock.nowMs())
  const { templates } = config
  const gateway = await serve(config, {
    clock,
    log,
    trail,
    pool,
    deliver: probesApart(
      deliverer(config.delivery, config.hostname, paths.socket(MAILBOX_SMTP), { stsPolicyOf }),
      deliverer({ kind: 'demonstration' }, config.hostname, paths.socket(PROBE_SMTP)),
    ),
    dkimKeys: () => ring.signing(),
    lookup,
    tokenKey: await ensureTokenKey(systemDisk, secret('token.key')),
    passwordsOf: passwordsOf(config, secret),
    tls: await shownTls(),
    followTls: (take) => {
      const stays = (error: Error): void => log.error(`the certificate stays: ${error.message}`)
      return followFile(secret('tls.pem'), () => void shownTls().then(take).catch(stays))
    },
    port: ports.mail,
    deskSocket: paths.socket(MAIL_DESK),
    templates: templates === undefined ? undefined : templateBook(templates, linkHosts(context)),
    httpSocket: paths.socket('mail-gateway'),
    publicOrigin: config.publicOrigin ?? `https://mail.localhost:${ports.https}`,
  })
  return {
    ...(gateway.failed ? { failed: gateway.failed } : {}),
    [Symbol.asyncDispose]: async () => {
      youth[Symbol.dispose]()
      await gateway[Symbol.asyncDispose]()
      await pool.end()
    },
  }
}

/** Those of the configuration, and four of our own: who samples mail, and three who give notice. */
function sendersOf(configured: MailGatewayConfig): MailGatewayConfig['senders'] {
  const own = [probeSender, noticeSender, staffSender, clubSender].map((make) => make(configured))
  return [...configured.senders, ...own]
}

/** Where links in mails may lead: to the sending domains' own sites. */
export function linkHosts({ config }: Context): readonly string[] {
  const { domains } = config.mailGateway
  return ['localhost', ...domains.flatMap((domain) => [domain, `www.${domain}`])]
}

/** Sampled mail goes the whole way, and at its end to the prober instead of the world. */
function probesApart(world: Deliver, prober: Deliver): Deliver {
  return (parcel) => (parcel.domain === PROBE_DOMAIN ? prober(parcel) : world(parcel))
}

/** The ring's own from the secrets, at each login anew; others' from the configuration. */
function passwordsOf(
  config: MailGatewayConfig,
  secret: (file: string) => string,
): MailPorts['passwordsOf'] {
  const given = new Map(config.senders.map(({ name, password }) => [name, password]))
  return (name) => {
    const password = given.get(name)
    if (password !== undefined) return Promise.resolve([password])
    return secretsIn(secret(`${name}-submission-password`))
  }
}
