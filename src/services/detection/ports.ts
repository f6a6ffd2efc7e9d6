/**
 * What detection needs from others; `cli/run/detection.ts` supplies it.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import type { AuditTrail } from '#audit/trail.ts'
import type { Sanction } from '#lib/sanctions.ts'
import type { LogLine } from '#protocol/postgres/server-log.ts'
import type { Clock } from '#system/clock.ts'
import type { Alert } from './alert.ts'
import type { ListedNetwork } from './listed.ts'
import type { ServerLook } from './reconcile.ts'

/**
 * Follows a book from a sequence number on, until the signal aborts; `atEnd` is told each time all
 * that is there has been given.
 */
export type Follow = (
  book: string,
  from: number,
  signal: AbortSignal,
  atEnd: () => void,
) => AsyncIterable<RecordedEvent>

/** One text that is replaced whole or not at all. */
export type MemoryFile = {
  /** Undefined when there is none. */
  load(): Promise<string | undefined>
  save(text: string): Promise<void>
}

/** Brings an alert to one place. @throws {Error} When it is not there. */
export type Channel = {
  readonly name: string
  readonly drills: boolean
  deliver(alert: Alert, signal: AbortSignal): Promise<void>
}

/** A sanction that somebody took back. */
export type Undone = Sanction & { readonly by: string }

/** What outlives the process. */
export type AlertStore = {
  /** Keeps what was decided; the same again lasts until the later end. */
  sanction(sanction: Sanction): Promise<void>
  /** What holds now. */
  sanctions(nowMs: number): Promise<readonly Sanction[]>
  /** What was taken back and not recorded yet; each is given once in its life. */
  undone(): Promise<readonly Undone[]>
  /** The last sequence number that was judged, if any was. */
  cursor(book: string): Promise<number | undefined>
  advance(book: string, sequence: number): Promise<void>
  /** Keeps an incident, or counts one more alert for it. */
  keep(alert: Alert): Promise<void>
  /**
   * Grave incidents that began before and nobody acknowledged; each is given once in its life.
   */
  overdue(beforeMs: number): Promise<readonly Alert[]>
  delivered(alert: Alert, channel: string, latencyMs: number, attempts: number): Promise<void>
}

export type DetectionPorts = {
  readonly trail: AuditTrail
  readonly clock: Clock
  /** Books that are followed. */
  readonly books: readonly string[]
  readonly follow: Follow
  readonly memory: MemoryFile
  /** Tells the gateways what holds now. */
  readonly publish?: ((sanctions: readonly Sanction[]) => Promise<void>) | undefined
  /** Asks the protected server what it sees; without it nothing is reconciled. */
  readonly server?: ((signal: AbortSignal) => Promise<ServerLook>) | undefined
  /** What the protected server wrote into its own log since the last call, where it can be read. */
  readonly serverLog?: (() => Promise<readonly LogLine[]>) | undefined
  /** Lists of networks, read anew; without it those of the configuration hold. */
  readonly listedNetworks?: (() => Promise<readonly ListedNetwork[]>) | undefined
  readonly store: AlertStore
  readonly channels: readonly Channel[]
  readonly newId: () => string
  /** Told of what did not succeed and is not fatal. */
  readonly complain: (code: string, message: string) => void
}
