/**
 * What the drill needs of others; `cli` supplies it.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import type { ReceiptKey } from '#crypto/receipt.ts'
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { RunningCluster } from '#system/postgres/cluster.ts'

/** A backup that can be restored, as the catalogue has it. */
export type DrillBackup = {
  readonly id: string
  readonly finishedMs: number
  /** Of one that was put together in the repository: when; it is drilled within a day of that. */
  readonly madeMs?: number | undefined
  /** Where its log ends: no restore may stop before. As PostgreSQL writes it. */
  readonly endLsn: string
  readonly plainBytes: number
  /** SHA-256 of its manifest object, hex. */
  readonly manifest: string
}

/** What the catalogue offers, and up to which moment the log is in every required region. */
export type Restorable = {
  /** Oldest first. */
  readonly backups: readonly DrillBackup[]
  readonly untilMs: number
  readonly pgMajor: number
  /** Whether a moment may be one of a branch that was abandoned: no restore leads there. */
  readonly isUncertain: (atMs: number) => boolean
}

export type LaidOut = { readonly backupId: string; readonly stop: string }

export type Verified = {
  readonly regions: readonly string[]
  readonly objects: number
  readonly bytes: number
  readonly backups: readonly string[]
  readonly findings: readonly {
    readonly region: string
    readonly object: string
    readonly code: string
  }[]
  /** What was wrong and is right again, from another region. */
  readonly repaired: readonly {
    readonly region: string
    readonly object: string
    readonly code: string
  }[]
}

/** A row that the prober wrote into the protected database, and what it noted of it elsewhere. */
export type Canary = {
  readonly nonce: string
  /** By the database's clock: not yet committed then, and committed for certain. */
  readonly beforeMs: number
  readonly committedMs: number
}

/** Where receipts are kept: beside us, and in every region. Names are written once. */
export type ReceiptPlaces = {
  readonly keep: (name: string, bytes: Uint8Array) => Promise<void>
  /** Every receipt kept beside us, oldest first. */
  readonly all: () => AsyncIterable<{ readonly name: string; readonly bytes: Uint8Array }>
  /** Gives every region what it lacks. Never throws: a region may be away. */
  readonly spread: () => Promise<void>
}

export type SynthesisProgress = { readonly doneBytes: number; readonly totalBytes: number }

/** A full backup that was put together from others. */
export type Synthesized = {
  readonly id: string
  /** The backup whose state it holds. */
  readonly from: string
  readonly fileCount: number
  readonly plainBytes: number
  readonly storedBytes: number
  /** How many backups it was put together from. */
  readonly chain: number
  readonly tookMs: number
}

/** Puts full backups together in the repository: we can read, and the backup service signs. */
export type Synthesis = {
  /** The backup that is to stand on its own now. @throws {FaultError} When no region answers. */
  readonly due: () => Promise<string | undefined>
  /** @param from Undefined: the newest difference. */
  readonly make: (
    from: string | undefined,
    progress: (progress: SynthesisProgress) => void,
    signal: AbortSignal,
  ) => Promise<Synthesized>
}

export type DrillPorts = {
  readonly synthesis: Synthesis
  readonly restorable: () => Promise<Restorable>
  /** Restores as of a moment into an empty folder, to be promoted once PostgreSQL runs there. */
  readonly layOut: (targetMs: number, into: string, signal: AbortSignal) => Promise<LaidOut>
  /** Starts PostgreSQL of this major version on a folder; no network. */
  readonly startServer: (
    dataDir: string,
    pgMajor: number,
    settings: Readonly<Record<string, string>>,
    timeoutMs: number,
  ) => Promise<RunningCluster>
  readonly verify: (signal: AbortSignal) => Promise<Verified>
  /** Canaries that may have been committed in these bounds, by day; others may be among them. */
  readonly canaries: (fromMs: number, toMs: number) => Promise<readonly Canary[]>
  readonly receipts: ReceiptPlaces
  /** The key that signs receipts at this moment: another may take over. */
  readonly signingKey: () => Promise<KeyObject>
  /** Every key that signed receipts. */
  readonly receiptKeys: () => Promise<readonly ReceiptKey[]>
  /** Drawn evenly from 0 to below its argument. */
  readonly random: (below: number) => number
  readonly clock: Clock
  readonly trail: AuditTrail
  /** Ours alone; made and removed by each drill. */
  readonly folder: string
  /** Free bytes where the folder lies. */
  readonly freeBytes: () => Promise<number>
}
