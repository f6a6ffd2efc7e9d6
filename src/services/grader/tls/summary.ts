/**
 * A report in short, as a probe passes it on.
 *
 * @module
 */
import type { TlsGrades } from '#lib/grades/tls-grades.ts'
import type { TlsReport } from './grade.ts'

/** By the newest edition of the guide. */
export function summaryOf({ grades, scan, faults, certificate }: TlsReport): TlsGrades {
  const [newest] = grades
  const named = (state: string): string[] =>
    faults.filter((fault) => fault.state === state).map(({ name }) => name)
  const of = (verdict: string): typeof certificate.timestamps =>
    certificate.timestamps.filter((timestamp) => timestamp.verdict === verdict)
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
    timestamps: {
      valid: of('valid').length,
      invalid: of('invalid').length,
      operators: new Set(of('valid').map(({ operator }) => operator)).size,
    },
  }
}
