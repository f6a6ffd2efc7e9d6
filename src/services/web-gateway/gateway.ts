/**
 * What all connections of one gateway process share.
 *
 * @module
 */
import type { HeadLimits } from '#protocol/http/head.ts'
import type { Challenges } from './acme/challenges.ts'
import type { WebGatewayConfig } from './config.ts'
import type { CookiePolicy } from './cookies.ts'
import type { Autopilot } from './csp/autopilot.ts'
import type { ExchangeTools } from './exchange.ts'
import type { LoginGuard } from './guard.ts'
import type { HeaderPolicy } from './headers.ts'
import type { Metrics } from './metrics.ts'
import type { SecurityLog } from './security-log.ts'
import type { ShownCertificates } from './shown-certificates.ts'
import type { UpstreamPool } from './upstream.ts'

/** One line of the access log: no address, no path, nothing about a person. */
export type AccessEntry = {
  readonly id: string
  readonly host: string
  readonly method: string
  readonly status: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly durationMs: number
}

export type Gateway = {
  readonly config: WebGatewayConfig
  readonly headLimits: HeadLimits
  readonly certificates: ShownCertificates
  readonly challenges: Challenges
  readonly headers: HeaderPolicy
  readonly cookies: CookiePolicy
  readonly guard: LoginGuard
  readonly autopilot: Autopilot
  /** Host name → its application. */
  readonly pools: ReadonlyMap<string, UpstreamPool>
  readonly tools: ExchangeTools
  readonly metrics: Metrics
  readonly security: SecurityLog
  readonly nowMs: () => number
  /** For the Date field of our own answers. */
  readonly wallClockMs: () => number
  readonly nextRequestId: () => string
  readonly logAccess: ((entry: AccessEntry) => void) | undefined
  /** Whether an address belongs to a declared proxy. */
  readonly isTrustedProxy: (address: string) => boolean
  /** True once the gateway takes no new requests. */
  stopping: boolean
}
