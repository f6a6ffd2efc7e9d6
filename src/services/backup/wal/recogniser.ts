/**
 * Knows the server again by the last bytes of the log that it sent.
 *
 * Two servers promoted apart at one position have the same timeline number and the same history; so
 * has one that was set back to an older copy and has overtaken us since. Their log differs, and a
 * look at where ours ended tells it. Only a digest is kept, in memory and on our own disk.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { FaultError } from '#lib/errors.ts'
import { formatLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import type { TimelineSwitch } from '#protocol/postgres/replication/timeline-history.ts'
import type { Clock } from '#system/clock.ts'
import type { SystemIdentity } from '../replication/connection.ts'
import type { LogConnection } from './log-connection.ts'
import { readBack } from './read-back.ts'
import type { WalSession } from './session.ts'

/** What the log ended with when it was last seen. */
export type LogTail = {
  readonly systemIdentifier: bigint
  readonly timeline: number
  /** One past the last byte. */
  readonly endLsn: Lsn
  /** Bytes before it that were looked at; at least 1. */
  readonly size: number
  /** SHA-256 of them, hex. */
  readonly sha256: string
}

/** Remembers it outside the regions. */
export type TailMemory = {
  load(): Promise<LogTail | undefined>
  /** @throws {FaultError} DISK_…. */
  save(tail: LogTail): Promise<void>
}

/** A process that takes over from a killed one knows what that saw so long ago at most. */
const SAVE_EVERY_MS = 10_000

export type ServerSeen = SystemIdentity & {
  /** Of its timeline. */
  readonly ancestors: readonly TimelineSwitch[]
  /** Timelines of which log is kept. */
  readonly held: ReadonlyMap<number, unknown>
}

type Watched = {
  readonly systemIdentifier: bigint
  readonly timeline: number
  readonly session: Pick<WalSession, 'tail'>
}

export class Recogniser {
  readonly #memory: TailMemory
  readonly #clock: Clock
  #watched: Watched | undefined
  #tail: LogTail | undefined
  #savedLsn: Lsn | undefined

  constructor(memory: TailMemory, clock: Clock) {
    this.#memory = memory
    this.#clock = clock
  }

  /** From now on the log comes by this connection. */
  watch(systemIdentifier: bigint, timeline: number, session: Watched['session']): void {
    this.#note()
    this.#watched = { systemIdentifier, timeline, session }
  }

  /**
   * Compares what the server has with what was seen last, where it still has it.
   *
   * @throws {FaultError} WAL_SERVER_STRANGER.
   */
  async check(connection: LogConnection, slot: string, server: ServerSeen): Promise<void> {
    this.#note()
    this.#tail ??= await this.#memory.load()
    const tail = this.#tail
    if (tail?.systemIdentifier !== server.systemIdentifier) return
    const { timeline, endLsn, size } = tail
    if (!server.held.has(timeline)) return // that branch was left
    const past = server.ancestors.find((at) => at.timeline === timeline)
    const end = timeline === server.timeline ? server.flushLsn : past?.endLsn
    if (end === undefined || end < endLsn) return // of another past, and judged by that
    const from = { timeline, startLsn: endLsn - BigInt(size), size }
    const found = await readBack(connection, slot, from)
    if (!found || digestOf(found) === tail.sha256) return
    await this.#save() // whoever takes over from us must know it as well, however soon
    throw stranger(tail)
  }

  /** Saves it now and then, and at the end. */
  async run(signal: AbortSignal): Promise<void> {
    for (let ended = false; !ended; ended = signal.aborted) {
      await this.#clock.sleep(SAVE_EVERY_MS, signal).catch(() => undefined)
      await this.#save()
    }
  }

  #note(): void {
    const { systemIdentifier, timeline, session } = this.#watched ?? {}
    const tail = session?.tail
    if (systemIdentifier === undefined || timeline === undefined || !tail) return
    const { endLsn, bytes } = tail
    if (this.#tail?.endLsn === endLsn && this.#tail.timeline === timeline) return
    const sha256 = digestOf(bytes)
    this.#tail = { systemIdentifier, timeline, endLsn, size: bytes.length, sha256 }
  }

  async #save(): Promise<void> {
    this.#note()
    if (!this.#tail || this.#tail.endLsn === this.#savedLsn) return
    try {
      await this.#memory.save(this.#tail)
      this.#savedLsn = this.#tail.endLsn
    } catch (error) {
      // A full disk must not end the log: a stranger is then found less surely.
      if (!(error instanceof FaultError)) throw error
    }
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function stranger({ timeline, endLsn }: LogTail): FaultError {
  const message =
    `the server has other log before ${formatLsn(endLsn)} on timeline ${timeline} than came from ` +
    'there: it is another server of the same number, promoted apart, or an older copy that went ' +
    'on. Nothing of it is written; follow the other one, or say that this one counts: ' +
    `veilig backup leave-branch --timeline ${timeline}`
  return new FaultError('WAL_SERVER_STRANGER', message)
}
