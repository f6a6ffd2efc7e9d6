/**
 * The states of all claims for programs.
 *
 * @module
 */
import { describeFinding } from '#lib/claims/findings.ts'
import { countStates, type ClaimState, type ClaimStatus } from '#lib/claims/state.ts'
import { DAY_MS, type Words } from '#lib/claims/claim.ts'
import type { History, Shares } from '#lib/claims/history.ts'
import type { Finding, Outcome } from '#lib/claims/statement.ts'
import type { Snapshot } from './session.ts'

export type ClaimsJson = {
  readonly generated: string
  readonly problem?: string
  readonly log?: {
    readonly origin: string
    readonly size: number
    readonly root: string
    /** Every key of the log, the newest last. */
    readonly keys: readonly { readonly keyId: string; readonly from: number; since?: string }[]
  }
  readonly counts: Readonly<Record<ClaimState, number>>
  readonly claims: readonly ClaimJson[]
}

export type ClaimJson = {
  readonly id: string
  readonly section: string
  readonly sentence: Words
  readonly state: ClaimState
  readonly measured: string
  readonly reason: string
  readonly boundSeconds: number
  readonly evidence?: {
    readonly index: number
    readonly leafHash: string
    readonly keyId: string
    readonly outcome: Outcome
    readonly ended: string
    readonly runs: number
    readonly findings: readonly (Finding & { readonly text: string })[]
  }
  readonly since?: string
  readonly exception?: { readonly reason: string; readonly until: string }
}

export function claimsJson({ nowMs, statuses, view, problem }: Snapshot): ClaimsJson {
  const log = view && {
    origin: view.checkpoint.origin,
    size: view.checkpoint.size,
    root: Buffer.from(view.checkpoint.root).toString('hex'),
    keys: view.keys.terms.map(({ keyId, from, sinceMs }) => {
      return { keyId, from, ...(sinceMs === undefined ? {} : { since: iso(sinceMs) }) }
    }),
  }
  return {
    generated: iso(nowMs),
    ...(problem === undefined ? {} : { problem }),
    ...(log ? { log } : {}),
    counts: countStates(statuses),
    claims: statuses.map(claimJson),
  }
}

function claimJson(status: ClaimStatus): ClaimJson {
  const { claim, state, measured, reason, record, exception } = status
  return {
    id: claim.id,
    section: claim.section,
    sentence: claim.sentence,
    state,
    measured,
    reason,
    boundSeconds: claim.boundMs / 1000,
    ...(record ? { evidence: evidenceJson(record.newest) } : {}),
    ...(record?.sinceMs === undefined ? {} : { since: iso(record.sinceMs) }),
    ...(exception
      ? { exception: { reason: exception.reason, until: iso(exception.untilMs) } }
      : {}),
  }
}

function evidenceJson({
  measurement,
  index,
  leafHash,
  keyId,
}: NonNullable<ClaimStatus['record']>['newest']): NonNullable<ClaimJson['evidence']> {
  const { outcome, endedMs, runs, findings } = measurement
  return {
    index,
    leafHash,
    keyId,
    outcome,
    ended: iso(endedMs),
    runs: runs.count,
    findings: findings.map((finding) => ({ ...finding, text: describeFinding(finding, 'en') })),
  }
}

/** Seconds in each state by claim and day (UTC); what is missing nobody watched. */
export type HistoryJson = Readonly<Record<string, Readonly<Record<string, Shares>>>>

export function historyJson(history: History): HistoryJson {
  const claims = [...history].map(([id, days]) => {
    const told = [...days].map(([day, shares]) => [iso(day * DAY_MS).slice(0, 10), seconds(shares)])
    return [id, Object.fromEntries(told) as Record<string, Shares>] as const
  })
  return Object.fromEntries(claims)
}

function seconds(shares: Shares): Shares {
  const all = Object.entries(shares).map(([state, ms]) => [state, Math.round(ms / 1000)])
  return Object.fromEntries(all) as Shares
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
