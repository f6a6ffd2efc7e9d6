/**
 * The ways out: to the receiver's own servers, through a relay, or to the demonstration's mailbox.
 *
 * @module
 */
import { getServers } from 'node:dns'
import { dnsAsker } from '#system/dns/ask.ts'
import type { DeliveryConfig } from './config.ts'
import { Connections } from './delivery/connections.ts'
import type { StsPolicyOf } from './delivery/mta-sts.ts'
import { receiversThrough, type Receiver } from './delivery/receivers.ts'
import {
  SessionFault,
  shortReply,
  standardWaits,
  type Target,
  type TlsDemand,
  type Waits,
} from './delivery/smtp-session.ts'
import { lookupThrough } from './dns-check.ts'
import type { Deliver, Outcome, Parcel } from './ports.ts'

export type DeliveryOptions = {
  /** What domains announced by MTA-STS; without it nothing is enforced. */
  readonly stsPolicyOf?: StsPolicyOf
  /** Authority to trust in place of the world's, PEM; for receivers under test. */
  readonly ca?: string
  readonly waits?: Waits
}

/** @param mailboxSocket Where the demonstration's mailbox listens. */
export function deliverer(
  delivery: DeliveryConfig,
  hostname: string,
  mailboxSocket: string,
  options: DeliveryOptions = {},
): Deliver {
  const connections = new Connections(options.waits ?? standardWaits)
  switch (delivery.kind) {
    case 'demonstration': {
      const target: Target = { host: mailboxSocket, name: hostname, tls: { kind: 'none' } }
      return (parcel) => attempt(connections, target, parcel)
    }
    case 'smarthost': {
      const { host, port, user, password } = delivery
      const kind = delivery.tls === 'required' ? 'verified' : 'opportunistic'
      const tls: TlsDemand = { kind, servername: host, ca: options.ca }
      const login = user === undefined ? undefined : { user, password: password ?? '' }
      return (parcel) => attempt(connections, { host, port, name: hostname, tls, login }, parcel)
    }
    case 'mx': {
      const servers = delivery.resolvers.length > 0 ? delivery.resolvers : getServers()
      const secure = delivery.validatingResolver ? dnsAsker(servers) : undefined
      const receiversOf = receiversThrough(
        lookupThrough(delivery.resolvers),
        secure,
        options.stsPolicyOf,
      )
      return async (parcel) => {
        const found = await receiversOf(parcel.domain)
        if ('kind' in found) return found
        return toReceivers(
          found.receivers,
          parcel,
          (receiver) => ({
            host: receiver.address,
            port: delivery.port,
            name: hostname,
            tls:
              receiver.tls.kind === 'verified' ? { ...receiver.tls, ca: options.ca } : receiver.tls,
          }),
          connections,
        )
      }
    }
  }
}

/** One after the other, until one of them decides. */
async function toReceivers(
  receivers: readonly Receiver[],
  parcel: Parcel,
  targetOf: (receiver: Receiver) => Target,
  connections: Connections,
): Promise<Outcome> {
  let outcome: Outcome = {
    kind: 'later',
    reply: 'no server of the domain has an address',
    wide: true,
  }
  for (const receiver of receivers) {
    outcome = await attempt(connections, targetOf(receiver), parcel)
    if (outcome.kind !== 'later' || outcome.wide !== true) return outcome
  }
  return outcome
}

async function attempt(connections: Connections, target: Target, parcel: Parcel): Promise<Outcome> {
  try {
    return await connections.send(target, parcel)
  } catch (error) {
    if (!(error instanceof SessionFault)) throw error
    // Any protection is better than none where none was promised; none is better than no mail.
    if (error.tls && target.tls.kind === 'opportunistic')
      return attempt(connections, { ...target, tls: { kind: 'none' } }, parcel)
    return { kind: 'later', reply: shortReply(error.reply), wide: true }
  }
}
