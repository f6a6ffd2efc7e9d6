/**
 * A report in short, as a probe passes it on.
 *
 * @module
 */
import type { TlsReport } from './grade.ts'

export type TlsSummary = {
  readonly grade: string
  readonly score: number
  /** Edition of the guide. */
  readonly rules: string
  readonly suites: number
  readonly versions: readonly string[]
  /** Why it is no better. */
  readonly caps: readonly string[]
  readonly notVulnerable: readonly string[]
  readonly notTested: readonly string[]
  /** Whether an authority that every visitor has vouches for it. */
  readonly publiclyTrusted: boolean
  /** Logs that have signed the certificate, by their proofs in it. */
  readonly logs: readonly string[]
}

/** By the newest edition of the guide. */
export function summaryOf({ grades, scan, faults, certificate }: TlsReport): TlsSummary {
  const [newest] = grades
  const named = (state: string): string[] =>
    faults.filter((fault) => fault.state === state).map(({ name }) => name)
  return {
    grade: newest?.grade ?? 'F',
    score: newest?.score ?? 0,
    rules: newest?.edition ?? '',
    suites: scan.versions.reduce((sum, { suites }) => sum + suites.length, 0),
    versions: scan.versions.map(({ version }) => version),
    caps: (newest?.caps ?? []).map(({ cause }) => cause),
    notVulnerable: named('not-vulnerable'),
    notTested: named('not-tested'),
    publiclyTrusted: certificate.publiclyTrusted,
    logs: certificate.logs,
  }
}
