/**
 * What the prober needs from others.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { Probe } from './probe.ts'

/** Hands an unsigned statement, in canonical JSON, to the notary. @throws When it refused. */
export type Submit = (statement: Uint8Array, signal: AbortSignal) => Promise<void>

export type ProberPorts = {
  /** By claim. */
  readonly probes: ReadonlyMap<string, Probe>
  readonly submit: Submit
  readonly clock: Clock
  readonly trail: AuditTrail
  /** Told of every measurement that could not be handed over. */
  readonly complain: (code: string, claim: string, message: string) => void
}
