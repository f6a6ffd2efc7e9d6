/**
 * Keeps retention while the service runs: every minute, so that nothing outlives its hour.
 *
 * @module
 */
import { recipientIdOf } from '#crypto/key-wrap.ts'
import { fromHex, toHex } from '#lib/byte-fields.ts'
import { VeiligError } from '#lib/errors.ts'
import type { AuditEvent } from '#audit/trail.ts'
import type { BackupPorts } from '../ports.ts'
import type { BranchReport } from './branch.ts'
import type { RetentionReport } from './destroy.ts'

const EVERY_MS = 60_000
const TELL_EVERY_MS = 30 * 60_000
const DAY_MS = 24 * 3_600_000

type Ports = Pick<BackupPorts, 'repository' | 'trail' | 'clock'>

export class RetentionKeeper {
  readonly #retainMs: number
  readonly #ports: Ports
  /** Code and region → when it was told last: what lasts is not told every minute. */
  readonly #toldMs = new Map<string, number>()

  constructor(retainDays: number, ports: Ports) {
    this.#retainMs = Math.round(retainDays * DAY_MS) // 2.7 days are no whole number of them else
    this.#ports = ports
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#ports.clock.sleep(EVERY_MS, signal).catch(() => undefined)
      if (!signal.aborted) await this.destroy(false).catch(ignoreReported)
    }
  }

  /** Destroys now what retention gives up. @throws {FaultError} As the stores. */
  async destroy(dryRun: boolean): Promise<RetentionReport> {
    const { repository, trail } = this.#ports
    try {
      const report = await repository.destroyExpired(this.#retainMs, dryRun)
      const { objects, receipts, keys, backups, waitingFor } = report
      const detail = { objects, receipts, keys, backups: backups.length }
      if (receipts > 0) await trail.append([{ code: 'BACKUPS_DESTROYED', detail }])
      for (const region of dryRun ? [] : waitingFor) {
        await this.#tellNowAndThen({ code: 'DESTRUCTION_WAITS', detail: { region } }, region)
      }
      return report
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
      const detail = { reason: error.code, message: error.message }
      await this.#tellNowAndThen({ code: 'RETENTION_FAILED', detail }, error.code)
      throw error
    }
  }

  /** Gives up a branch by order. @throws {UsageError} BRANCH_…. @throws {FaultError} STORE_…. */
  async leaveBranch(timeline: number, reason: string, dryRun: boolean): Promise<BranchReport> {
    const { repository, trail } = this.#ports
    const retainMs = this.#retainMs
    const report = await repository.leaveBranch({ timeline, reason, retainMs, dryRun })
    const { backups, objects, timelines } = report
    const detail = { timelines: timelines.join(' '), reason, backups: backups.length, objects }
    if (!dryRun) await trail.append([{ code: 'BACKUP_BRANCH_LEFT', detail }])
    return report
  }

  /** From this moment on nothing is given up. @returns The hold's id, once all regions know it. */
  async hold(fromMs: number, reason: string): Promise<string> {
    const { repository, trail } = this.#ports
    const id = await repository.hold(fromMs, reason)
    const from = new Date(fromMs).toISOString()
    await trail.append([{ code: 'BACKUP_HOLD_PLACED', detail: { hold: id, from, reason } }])
    return id
  }

  /** @param keys X25519 public keys, hex. */
  async changeRecipients(keys: readonly string[]): Promise<void> {
    const { repository, trail } = this.#ports
    const known = keys.map((key) => fromHex(key) ?? new Uint8Array(0))
    await repository.changeRecipients(known)
    const recipients = known.map((key) => toHex(recipientIdOf(key))).join(' ')
    await trail.append([{ code: 'BACKUP_RECIPIENTS_CHANGED', detail: { recipients } }])
  }

  /** @throws {UsageError} HOLD_UNKNOWN. */
  async release(id: string, reason: string): Promise<string> {
    const { repository, trail } = this.#ports
    await repository.release(id, reason)
    await trail.append([{ code: 'BACKUP_HOLD_RELEASED', detail: { hold: id, reason } }])
    return id
  }

  async #tellNowAndThen(event: AuditEvent, about: string): Promise<void> {
    const { clock, trail } = this.#ports
    const key = `${event.code} ${about}`
    const nowMs = clock.monotonicMs()
    if (nowMs - (this.#toldMs.get(key) ?? -Infinity) < TELL_EVERY_MS) return
    this.#toldMs.set(key, nowMs)
    await trail.append([event])
  }
}

/** What failed is in the audit trail already, and tried again; a bug is not a failure. */
function ignoreReported(error: unknown): void {
  if (!(error instanceof VeiligError)) throw error
}
