/**
 * The DKIM keys of the ring's mail: what is published, when the next pair is made, when it signs.
 *
 * @module
 */
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { AuditTrail } from '#audit/trail.ts'
import { mailRecords, type DnsRecord } from '#protocol/dns/mail-records.ts'
import { bounceDomain } from '#services/mail-gateway/config.ts'
import type { Lookup } from '#services/mail-gateway/dns-check.ts'
import { Keyring, type PublishedKey } from '#services/mail-gateway/keyring.ts'
import { systemDisk } from '#system/disk.ts'
import type { Context, ServiceContext } from '../context.ts'

const CARE_MS = 3_600_000
const DAY_MS = 86_400_000

/** The keys of every configured domain, made when missing. */
export function openKeyring({ paths, config }: Context): Promise<Keyring> {
  return Keyring.open(systemDisk, keysFolder(paths), config.mailGateway.domains)
}

function keysFolder(paths: Context['paths']): string {
  return dirname(paths.secret('mail-gateway', 'token.key'))
}

/** Every record to publish for the configured domains. */
export function gatewayRecords(
  { config }: Context,
  keys: readonly PublishedKey[],
): readonly DnsRecord[] {
  const { domains, hostname, spf, inbound, reportAddress } = config.mailGateway
  return domains.flatMap((domain) =>
    mailRecords({
      domain,
      bounceDomain: bounceDomain(domain),
      hostname,
      spf,
      inbound,
      reportAddress: reportAddress ?? `reports@${bounceDomain(domain)}`,
      keys: keys.filter((key) => key.domain === domain),
    }),
  )
}

/** What would be published, where the demonstration's mailbox looks instead of in DNS. */
export function recordsFile({ paths }: Context): string {
  return join(paths.data, 'mail', 'records.json')
}

/**
 * Keeps the keys young while the gateway runs: past `access.rotateDays` the next pair is made, once
 * its records are seen it signs, and a week later the former one may go from DNS.
 */
export async function keepKeysYoung(
  context: ServiceContext,
  ring: Keyring,
  lookup: Lookup,
): Promise<Disposable> {
  const care = async (): Promise<void> => {
    if (await isOld(context, ring)) await beginPair(ring, context.trail)
    const switched = await ring.advance(lookup, context.clock.nowMs())
    if (switched.length > 0) {
      const detail = { selectors: switched.join(' ') }
      await context.trail.append([{ code: 'MAIL_DKIM_SWITCHED', detail }])
    }
    const records = JSON.stringify(gatewayRecords(context, ring.published()), null, 2)
    await systemDisk.replace(recordsFile(context), Buffer.from(records))
  }
  await care()
  const timer = setInterval(() => {
    care().catch((error: unknown) =>
      context.log.error({ error }, 'the DKIM keys were not looked at'),
    )
  }, CARE_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Makes the next pair, to be published. @returns Its selectors. */
export async function beginPair(ring: Keyring, trail: AuditTrail): Promise<readonly string[]> {
  const waiting = ring.published().some(({ standing }) => standing === 'next')
  const selectors = await ring.begin()
  if (!waiting)
    await trail.append([{ code: 'MAIL_DKIM_MADE', detail: { selectors: selectors.join(' ') } }])
  return selectors
}

async function isOld({ paths, clock, config }: Context, ring: Keyring): Promise<boolean> {
  const names = ring.signing().map(({ domain, selector }) => `dkim-${domain}-${selector}.pem`)
  const made = await Promise.all(
    names.map(async (name) => (await stat(join(keysFolder(paths), name))).mtimeMs),
  )
  return clock.nowMs() - Math.min(...made) > config.access.rotateDays * DAY_MS
}
