/**
 * backup.pitr and backup.verified: the signed receipts, as they lie in a region.
 *
 * The probe believes no service: it takes receipts from a region and checks each signature itself.
 *
 * @module
 */
import { isSuccession } from '#crypto/key-succession.ts'
import {
  isNoReceipt,
  openReceipt,
  type DrillReceipt,
  type Receipt,
  type ReceiptKey,
  type VerifyReceipt,
} from '#crypto/receipt.ts'
import type { Finding } from '#lib/claims/statement.ts'
import type { Clock } from '#system/clock.ts'
import { finding, notReached, verdictOf, type Probe, type Verdict } from '../probe.ts'

export type KeptReceipt = { readonly name: string; readonly bytes: Uint8Array }

export type ReceiptsTarget = {
  /** Receipts whose names are not in `known`. */
  readonly receipts: (known: ReadonlySet<string>) => AsyncIterable<KeptReceipt>
  /** Every key that signed receipts, as they are now. */
  readonly keys: () => Promise<readonly ReceiptKey[]>
  readonly clock: Clock
}

export type PitrTarget = ReceiptsTarget & {
  /** Writes a row into the protected database and notes it elsewhere, for drills to look for. */
  readonly plant: (signal: AbortSignal) => Promise<void>
}

export type VerifiedTarget = ReceiptsTarget & {
  /** Backups that the catalogue names. */
  readonly backups: () => Promise<readonly { readonly id: string; readonly finishedMs: number }[]>
  /** Names of the regions in use. */
  readonly regions: readonly string[]
  readonly everySeconds: number
}

const HOUR_MS = 3_600_000
const LIMIT_HOURS = 24
const WINDOW_MS = 90 * LIMIT_HOURS * HOUR_MS
const WHY_MAX = 300

/** Reads what is new, checks each signature once. */
class Reading {
  readonly #target: ReceiptsTarget
  readonly #known = new Set<string>()
  readonly receipts: Receipt[] = []
  readonly forged: string[] = []

  constructor(target: ReceiptsTarget) {
    this.#target = target
  }

  async look(): Promise<this> {
    const { receipts } = this.#target
    const keys = await this.#target.keys()
    this.forged.length = 0 // one that is forged is read again each time, until it is gone
    for await (const { name, bytes } of receipts(this.#known)) {
      if (isSuccession(bytes)) continue // for strangers; we have the line from who signs
      try {
        this.receipts.push(openReceipt(bytes, keys))
        this.#known.add(name)
      } catch (error) {
        if (!isNoReceipt(error)) throw error
        this.forged.push(name)
      }
    }
    this.receipts.sort((a, b) => a.endedMs - b.endedMs)
    return this
  }

  get forgeries(): Finding[] {
    return this.forged.slice(-1).map((receipt) => finding('RECEIPT_FORGED', { receipt }))
  }
}

export function pitrProbe(target: PitrTarget): Probe {
  const reading = new Reading(target)
  return {
    version: 1,
    measure: async (signal) => {
      const { receipts, forgeries } = await reading.look()
      const last = receipts.findLast((one) => one.kind === 'drill' && one.random) as
        DrillReceipt | undefined
      try {
        await target.plant(signal)
      } catch (error) {
        throw notReached('the protected database', error)
      }
      if (forgeries.length > 0) return verdictOf([], forgeries)
      return last ? judgeDrill(last, target.clock.nowMs()) : none('DRILL_NONE')
    },
  }
}

function judgeDrill(last: DrillReceipt, nowMs: number): Verdict {
  const moment = new Date(last.targetMs).toISOString()
  const hours = hoursBetween(last.endedMs, nowMs)
  const bad: Finding[] = []
  if (!last.passed) bad.push(finding('DRILL_FAILED', { moment, why: whyOf(last) }))
  if (hours > LIMIT_HOURS) bad.push(finding('DRILL_OLD', { hours, limit: LIMIT_HOURS }))
  const { backupFinishedMs, targetMs, startedMs } = last
  const possible = targetMs >= backupFinishedMs && targetMs <= startedMs
  if (last.passed && !(possible && targetMs >= last.endedMs - WINDOW_MS)) {
    bad.push(finding('DRILL_OUTSIDE', { moment }))
  }
  const { rows, tables, indexes } = last
  const seconds = Math.round((last.endedMs - startedMs) / 1000)
  const good = [
    finding('DRILL_PASSED', { moment, hours, seconds }),
    finding('DRILL_CHECKED', { rows, tables, indexes, facts: last.canaries }),
  ]
  return verdictOf(good, bad)
}

export function verifiedProbe(target: VerifiedTarget): Probe {
  const reading = new Reading(target)
  return {
    version: 1,
    everySeconds: target.everySeconds,
    measure: async () => {
      const { receipts, forgeries } = await reading.look()
      const nowMs = target.clock.nowMs()
      const backups = await target.backups()
      const last = receipts.findLast((one): one is VerifyReceipt => one.kind === 'verify')
      const drilled = new Set(
        receipts.flatMap((one) => (one.kind === 'drill' && one.passed ? [one.backup] : [])),
      )
      const old = backups.filter(({ finishedMs }) => nowMs - finishedMs > LIMIT_HOURS * HOUR_MS)
      const without = old.filter(({ id }) => !drilled.has(id))
      const [backup] = without
      const bad = [...forgeries]
      if (backup) {
        const values = { count: without.length, backup: backup.id, limit: LIMIT_HOURS }
        bad.push(finding('BACKUP_UNDRILLED', values))
      }
      if (last) bad.push(...wrongIn(last, target.regions, nowMs))
      if (!last && bad.length === 0) return none('VERIFY_NONE')
      const { objects = 0, regions = [], endedMs = 0 } = last ?? {}
      const hours = hoursBetween(endedMs, nowMs)
      const good = [
        finding('VERIFY_CLEAN', { objects, regions: regions.length, hours }),
        finding('BACKUP_RECEIPTS', { count: old.length, drills: drilled.size }),
      ]
      return verdictOf(good, bad)
    },
  }
}

function wrongIn(last: VerifyReceipt, regions: readonly string[], nowMs: number): Finding[] {
  const hours = hoursBetween(last.endedMs, nowMs)
  const bad: Finding[] = []
  if (!last.passed) bad.push(finding('VERIFY_FOUND', { why: whyOf(last) }))
  if (hours > LIMIT_HOURS) bad.push(finding('VERIFY_OLD', { hours, limit: LIMIT_HOURS }))
  const left = regions.find((region) => !last.regions.includes(region))
  if (left !== undefined) bad.push(finding('VERIFY_REGION_MISSING', { region: left }))
  return bad
}

function whyOf({ failures }: Receipt): string {
  const words = failures.map(({ check, message }) => `${check}: ${message}`).join('; ')
  return words.slice(0, WHY_MAX)
}

function hoursBetween(fromMs: number, toMs: number): number {
  return Math.max(0, Math.floor((toMs - fromMs) / HOUR_MS))
}

function none(code: string): Verdict {
  return { outcome: 'unmeasured', findings: [finding(code)] }
}
