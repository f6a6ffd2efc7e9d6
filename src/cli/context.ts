/**
 * What every command and every service process is given: configuration, places, clock, log.
 *
 * @module
 */
import type { Logger } from 'pino'
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { RunningService } from '#system/service.ts'
import type { VeiligConfig } from './config.ts'
import type { Paths } from './paths.ts'

/** TCP ports on which the ring answers, after `--port-base`. */
export type PortTable = {
  readonly https: number
  readonly redirect: number
  readonly sql: number
  readonly mail: number
  /** The protected application's own port, on the loopback address. */
  readonly application: number
  /** Payments' door for the application, on the loopback address. */
  readonly payments: number
}

export type Context = {
  readonly config: VeiligConfig
  /** The file it came from, or undefined for all defaults; children are started with the same. */
  readonly configFile: string | undefined
  readonly paths: Paths
  readonly ports: PortTable
  readonly clock: Clock
  readonly log: Logger
}

/** What a service process is given on top: the book it writes in. */
export type ServiceContext = Context & { readonly trail: AuditTrail }

/** Composition of one service: reads its secrets, opens its doors. One file each in `cli/run/`. */
export type RunService = (context: ServiceContext) => Promise<RunningService>
