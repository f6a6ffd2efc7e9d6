/**
 * What all connections of one gateway process share.
 *
 * @module
 */
import type { KeyRing } from '#lib/key-ring.ts'
import type { HeadLimits } from '#protocol/http/head.ts'
import type { Challenges } from './acme/challenges.ts'
import type { WebGatewayConfig } from './config.ts'
import type { CookiePolicy } from './cookies.ts'
import type { Autopilot } from './csp/autopilot.ts'
import type { ExchangeTools } from './exchange.ts'
import type { LoginGuard } from './guard.ts'
import type { HeaderPolicy } from './headers.ts'
import type { Metrics } from './metrics.ts'
import type { WebGatewayPorts } from './ports.ts'
import type { RouteRates } from './route-rates.ts'
import type { SecurityLog } from './security-log.ts'
import type { ShownCertificates } from './shown-certificates.ts'
import type { UpstreamPool } from './pool.ts'

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

/** What the configuration decides, and a reload makes anew. */
export type GatewaySettings = {
  readonly config: WebGatewayConfig
  readonly headLimits: HeadLimits
  readonly headers: HeaderPolicy
  /** For answers over plain HTTP. */
  readonly plainHeaders: HeaderPolicy
  readonly cookies: CookiePolicy
  readonly guard: LoginGuard
  readonly rates: RouteRates
  /** Host name → its application. */
  readonly pools: ReadonlyMap<string, UpstreamPool>
  readonly tools: ExchangeTools
  readonly logAccess: ((entry: AccessEntry) => void) | undefined
  /** Whether an address belongs to a declared proxy. */
  readonly isTrustedProxy: (address: string) => boolean
}

/** What a gateway is made of anew when the configuration changes. */
export type NewSettings = {
  readonly config: WebGatewayConfig
  readonly upstreams: WebGatewayPorts['upstreams']
  readonly deviceKeys: KeyRing
}

export type Gateway = GatewaySettings & {
  readonly certificates: ShownCertificates
  readonly challenges: Challenges
  readonly autopilot: Autopilot
  readonly metrics: Metrics
  readonly security: SecurityLog
  readonly nowMs: () => number
  /** For the Date field of our own answers. */
  readonly wallClockMs: () => number
  readonly nextRequestId: () => string
  /** True once the gateway takes no new requests. */
  stopping: boolean
  /** Takes over other settings; the pools of before end with what they carry. */
  reconfigure(next: NewSettings): void
}
