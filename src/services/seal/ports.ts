/**
 * What the seal needs from others; `cli/run/seal.ts` supplies it.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { Disk } from '#system/disk.ts'

export type WitnessReply = { readonly status: number; readonly body: string }

/** Asks one witness. @throws {Error} When it does not answer in time. */
export type AskWitness = (url: string, body: string, signal: AbortSignal) => Promise<WitnessReply>

export type SealPorts = {
  /** Ed25519; no other process holds it. */
  readonly privateKey: KeyObject
  readonly disk: Disk
  readonly clock: Clock
  readonly trail: AuditTrail
  /** Absolute path of the folder of all books. */
  readonly audit: string
  /** Absolute path of the folder for checkpoints and the verifier key. */
  readonly folder: string
  /** The machine's name, as the books' own. */
  readonly node: string
  readonly ask: AskWitness
  /** Told of what did not succeed and is not fatal. */
  readonly complain: (code: string, message: string) => void
}
