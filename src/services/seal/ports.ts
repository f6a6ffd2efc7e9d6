/**
 * What the seal needs from others; `cli/run/seal.ts` supplies it.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import type { Disk } from '#system/disk.ts'
import type { SuccessiveKey } from '#system/successive-key.ts'

export type WitnessReply = { readonly status: number; readonly body: string }

/** What a witness is asked: to sign a checkpoint, or to follow from a key to the next. */
export type WitnessQuestion = 'add-checkpoint' | 'add-key'

/** Asks one witness. @throws {Error} When it does not answer in time. */
export type AskWitness = (
  url: string,
  question: WitnessQuestion,
  body: string,
  signal: AbortSignal,
) => Promise<WitnessReply>

/** A region for copies. */
export type CopyRegion = { readonly name: string; readonly store: ObjectStore }

/** What copies need, of what the seal has. */
export type CopyPorts = Pick<
  SealPorts,
  'disk' | 'clock' | 'trail' | 'audit' | 'folder' | 'node' | 'complain'
> & {
  readonly recipients: CopyPlaces['recipients']
  readonly random: (size: number) => Uint8Array
  /** The seal's verifier key now, for who reads a copy. */
  readonly sealKey: () => string
}

export type CopyPlaces = {
  readonly regions: readonly CopyRegion[]
  /** For whom copies are sealed, at least one: X25519 public keys. Asked again each hour. */
  readonly recipients: () => Promise<readonly Uint8Array[]>
  readonly random: (size: number) => Uint8Array
}

export type SealPorts = {
  /** Makes Parquet of what is closed, in a process of its own. @throws {Error} When that fails. */
  readonly pack?: ((signal: AbortSignal) => Promise<void>) | undefined
  /** Undefined where there is no region, or nobody who could read them. */
  readonly copies?: CopyPlaces | undefined
  /** No other process holds it. */
  readonly key: SuccessiveKey
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
