/**
 * Composes the mail probes: a sender and a mailbox of their own, and the DNS of the world.
 *
 * @module
 */
import { secretIn } from '#system/secret-file.ts'
import { bounceDomain, isPublicDomain, PROBE_DOMAIN } from '#services/mail-gateway/config.ts'
import { lookupThrough } from '#services/mail-gateway/dns-check.ts'
import type { MailEcho } from '#services/prober/mail/echo.ts'
import type { DnsTarget, MailTarget } from '#services/prober/mail/target.ts'
import type { Probe } from '#services/prober/probe.ts'
import { mailDkimProbe, mailDmarcProbe, mailSpfProbe } from '#services/prober/probes/mail-dns.ts'
import { mailRateLimitProbe } from '#services/prober/probes/mail-ratelimit.ts'
import { mailUnsubscribeProbe } from '#services/prober/probes/mail-unsubscribe.ts'
import type { ServiceContext } from '../context.ts'

const LOOPBACK = '127.0.0.1'

/** The probes of mail.*, by claim. */
export async function mailProbes(
  { paths, ports, config }: ServiceContext,
  ca: string,
  echo: MailEcho,
): Promise<readonly (readonly [string, Probe])[]> {
  const { domains, delivery, spf, victim, listen } = config.mailGateway
  const domain = domains[0] ?? ''
  const everywhere = listen === '0.0.0.0' || listen === '::'
  const target: MailTarget = {
    submission: { host: everywhere ? LOOPBACK : listen, port: ports.mail },
    user: 'prober',
    password: () => secretIn(paths.secret('prober', 'submission-password')),
    ca,
    domain,
    probeDomain: PROBE_DOMAIN,
    echo,
    https: { host: LOOPBACK, port: ports.https },
  }
  const dns: DnsTarget = {
    domain,
    bounceDomain: bounceDomain(domain),
    isPublic: isPublicDomain(domain),
    lookup: lookupThrough(delivery.kind === 'mx' ? delivery.resolvers : []),
    addresses: spf.flatMap((one) => /^ip[46]:([^/]+)$/.exec(one)?.[1] ?? []),
  }
  return [
    ['mail.spf', mailSpfProbe(dns)],
    ['mail.dkim', mailDkimProbe(target, dns)],
    ['mail.dmarc', mailDmarcProbe(dns)],
    ['mail.unsubscribe', mailUnsubscribeProbe(target)],
    ['mail.ratelimit', mailRateLimitProbe(target, victim.perHour)],
  ]
}
