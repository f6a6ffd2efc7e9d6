/**
 * What the web-gateway needs from the rest of the ring; `cli` supplies it.
 *
 * @module
 */
import type { Logger } from 'pino'
import type { AuditTrail } from '#audit/trail.ts'
import type { KeyRing } from '#lib/key-ring.ts'
import type { LoginLimits } from '#lib/lockout/lockout.ts'
import type { Clock } from '#system/clock.ts'
import type { KeeperPorts } from './acme/keeper.ts'
import type { Book } from './book.ts'
import type { CspFiles } from './csp/keeper.ts'
import type { AccessEntry } from './gateway.ts'
import type { HealthCheck } from './health.ts'
import type { IssuancePorts } from './issuance/keep.ts'
import type { RateLimits } from '#lib/rates.ts'
import type { TicketKeys } from './tickets/keys.ts'
import type { TicketKeyRecord } from './tickets/shared-keys.ts'

/** Where an application listens. */
export type UpstreamAddress =
  { readonly host: string; readonly port: number } | { readonly socketPath: string }

/** Several servers of one application. */
export type UpstreamGroup = {
  readonly servers: readonly UpstreamAddress[]
  readonly health?: HealthCheck | undefined
}

export type AcmePorts = Pick<KeeperPorts, 'acme' | 'book' | 'holder' | 'dnsHook'>

export type WebGatewayPorts = {
  readonly clock: Clock
  readonly log: Logger
  /** Takes a line for each request; without it, `log` does. */
  readonly accessLog?: ((entry: AccessEntry) => void) | undefined
  readonly trail: Pick<AuditTrail, 'append'>
  /** PEM, leaf first, and its key. */
  readonly certificate: { readonly certificatePem: string; readonly keyPem: string }
  /** Needed when the configuration has `acme`. */
  readonly acme?: AcmePorts | undefined
  /** Needed when the configuration has `certificateWatch`. */
  readonly issuance?: IssuancePorts | undefined
  readonly httpsPort: number
  /** Plain HTTP, answered with redirects. */
  readonly redirectPort: number
  /** Host name, lower case, no port → its application. */
  readonly upstreams: ReadonlyMap<string, UpstreamAddress | UpstreamGroup>
  /** 0 for the first process of a gateway, which keeps what there must be one of. */
  readonly processNumber?: number | undefined
  /** Of a worker: the same as the first process has. Without it, new ones are made, and changed. */
  readonly ticketKeys?: TicketKeys | undefined
  /** Where gateways on several machines share the keys of tickets; without it, they do not. */
  readonly ticketBook?: Book<TicketKeyRecord> | undefined
  /**
   * 32 random bytes that hide account names; kept over restarts, the same for all processes.
   * Without it, names are other ones at the next start.
   */
  readonly loginKey?: Uint8Array | undefined
  /**
   * Sign the cookies of known devices; the same for all processes, and changed by `reload`. Without
   * them, devices are forgotten at the next start.
   */
  readonly deviceKeys?: KeyRing | undefined
  /** Where failed logins are counted; without it, in the memory of this process alone. */
  readonly loginLimits?: LoginLimits | undefined
  /** Where requests are counted on routes that have a limit; without it, in memory as well. */
  readonly rates?: RateLimits | undefined
  /** Host name → the site whose policy is learned from its pages; and where that is kept. */
  readonly csp?:
    { readonly sites: ReadonlyMap<string, string>; readonly files: CspFiles } | undefined
  /** Reads the configuration again and hands it to `reload`, when asked on the socket. */
  readonly readAgain?: (() => Promise<void>) | undefined
  /** Unix socket on which the counters are read, for probes, and a reload is asked for. */
  readonly metricsSocket?: string | undefined
}
