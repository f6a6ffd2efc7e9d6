/**
 * Puts together what stands between one request and its application, whatever protocol the client
 * speaks: the limits of routes, the login guard, the intake of reports, the CSP autopilot.
 *
 * @module
 */
import type { ClientFacts } from '#protocol/http/forwarded.ts'
import type { RequestHead } from '#protocol/http/head.ts'
import { Exchange, type Downstream } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import { hostName, upstreamHead } from './policy.ts'
import type { UpstreamPool } from './pool.ts'

/** A request that passed the checks of its head. */
export type AskedExchange = {
  readonly head: RequestHead
  readonly facts: ClientFacts
  readonly requestId: string
  readonly pool: UpstreamPool
  readonly client: Downstream
}

export function openExchange(gateway: Gateway, asked: AskedExchange): Exchange {
  const { head, facts, requestId, pool, client } = asked
  const { autopilot, guard, rates, tools } = gateway
  const host = hostName(head.host)
  const report = autopilot.hold(head, host, facts.address)
  return new Exchange({
    request: head,
    headText: upstreamHead(autopilot.asked(head, host), facts, requestId),
    pool,
    client,
    tools,
    hold: report ?? guard.open(head, pool.name, facts.address),
    admit: () => rates.admit(head, facts.address),
    filter: report ? undefined : autopilot.open(head, host, facts.address),
  })
}
