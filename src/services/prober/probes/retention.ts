/**
 * backup.retention: every moment of the window can be restored, and nothing older can be read.
 *
 * @module
 */
import type { Finding } from '#lib/claims/statement.ts'
import { finding, verdictOf, type Probe } from '../probe.ts'

/** What the regions and the signed catalogue say. Times in milliseconds since the Unix epoch. */
export type RetentionView = {
  readonly promisedFromMs: number
  /** Since when nothing is given up, by somebody's order. */
  readonly heldFromMs: number | undefined
  readonly backups: number
  /** Stretches of which no moment can be restored. */
  readonly gaps: readonly { readonly fromMs: number; readonly toMs: number; readonly why: string }[]
  /** Keys born more than the grace before the window. */
  readonly old: readonly {
    readonly region: string
    readonly key: string
    readonly bornMs: number
    /** Whether the first moment of the window cannot be restored without it. */
    readonly needed: boolean
  }[]
  /** Keys that were given up and are still there. */
  readonly undead: readonly { readonly region: string; readonly key: string }[]
  readonly receipts: number
  readonly receiptsMissing: number
}

export type RetentionTarget = {
  readonly look: (signal: AbortSignal) => Promise<RetentionView>
  /** As configured; the sentence says ninety. */
  readonly retainDays: number
  readonly everySeconds: number
}

const SENTENCE_DAYS = 90
const MINUTE_MS = 60_000

export function retentionProbe(target: RetentionTarget): Probe {
  return {
    version: 1,
    everySeconds: target.everySeconds,
    measure: async (signal) => {
      const view = await target.look(signal)
      if (view.backups === 0) {
        return { outcome: 'unmeasured', findings: [finding('BACKUP_FULL_MISSING')] }
      }
      return verdictOf(good(view), bad(view, target.retainDays))
    },
  }
}

function good(view: RetentionView): Finding[] {
  const { backups, promisedFromMs, heldFromMs, receipts } = view
  const from = moment(promisedFromMs)
  const found = [finding('RETENTION_KEPT', { backups, from })]
  found.push(finding('RETENTION_DESTROYED', { receipts }))
  if (heldFromMs !== undefined) found.push(finding('RETENTION_HELD', { from: moment(heldFromMs) }))
  return found
}

function bad(view: RetentionView, retainDays: number): Finding[] {
  const found: Finding[] = []
  if (retainDays !== SENTENCE_DAYS) found.push(finding('RETENTION_OTHER', { days: retainDays }))
  const [gap] = view.gaps
  if (gap) {
    const minutes = Math.ceil((gap.toMs - gap.fromMs) / MINUTE_MS)
    const values = { count: view.gaps.length, from: moment(gap.fromMs), minutes, why: gap.why }
    found.push(finding('RETENTION_GAP', values))
  }
  const [readable] = view.old.filter(({ needed }) => !needed)
  if (readable) {
    const { region, key, bornMs } = readable
    found.push(finding('RETENTION_READABLE', { region, key, born: moment(bornMs) }))
  }
  // Though the first moment needs it, it is readable past its hour: no excuse.
  const [base] = view.old.filter(({ needed }) => needed).toSorted((a, b) => a.bornMs - b.bornMs)
  if (base) {
    const minutes = Math.round((view.promisedFromMs - base.bornMs) / MINUTE_MS)
    found.push(finding('RETENTION_BASE', { minutes }))
  }
  const [undead] = view.undead
  if (undead) {
    found.push(finding('RETENTION_UNDEAD', { ...undead, count: view.undead.length }))
  }
  if (view.receiptsMissing > 0) {
    found.push(finding('RETENTION_RECEIPT_MISSING', { count: view.receiptsMissing }))
  }
  return found
}

function moment(ms: number): string {
  return new Date(ms).toISOString()
}
