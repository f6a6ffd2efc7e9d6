/**
 * headers.grade, tls.grade and tls.transparency: what an outside grader would say.
 *
 * The graders are a service of their own; what they found comes in as plain values.
 *
 * @module
 */
import type { TlsGrades } from '#lib/grades/tls-grades.ts'
import { COSTLY_SECONDS, finding, verdictOf, type Probe } from '../probe.ts'

/** What the graders of headers say of a page. */
export type HeaderGrades = {
  /** By the rules of securityheaders.com: A+ to F. */
  readonly securityHeaders: string
  /** By the HTTP Observatory: points, 100 and more is A+. */
  readonly observatoryScore: number
  readonly observatoryGrade: string
  /** What weakens a grade, as short names. */
  readonly weaknesses: readonly string[]
}

export type GradeHeaders = (signal: AbortSignal) => Promise<HeaderGrades>

const SCORE_MIN = 100

/** The claim promises grade A; A+ is better than promised. */
export function headersGradeProbe(grade: GradeHeaders): Probe {
  return {
    version: 1,
    everySeconds: COSTLY_SECONDS,
    measure: async (signal) => {
      const found = await grade(signal)
      const { securityHeaders, observatoryScore, observatoryGrade } = found
      const values = { grade: securityHeaders }
      const points = { score: observatoryScore, grade: observatoryGrade }
      const weak = found.weaknesses.map((name) => finding('HEADERS_WEAKNESS', { name }))
      const bad = [
        ...(/^A\+?$/.test(securityHeaders) ? [] : [finding('HEADERS_GRADE_LOW', values)]),
        ...(observatoryScore >= SCORE_MIN ? [] : [finding('HEADERS_SCORE_LOW', points)]),
      ]
      const good = [finding('HEADERS_GRADE', values), finding('HEADERS_SCORE', points)]
      return verdictOf(good, bad.length > 0 ? [...bad, ...weak] : [])
    },
  }
}

export type GradeTls = (signal: AbortSignal) => Promise<TlsGrades>

export function tlsGradeProbe(grade: GradeTls): Probe {
  return {
    version: 1,
    everySeconds: COSTLY_SECONDS,
    measure: async (signal) => {
      const found = await grade(signal)
      const { score, rules, suites } = found
      const values = { grade: found.grade, score, rules }
      const versions = found.versions.join(', ')
      const bad =
        found.grade === 'A+'
          ? []
          : [
              finding('TLS_GRADE_LOW', values),
              ...found.caps.map((cause) => finding('TLS_GRADE_CAPPED', { cause })),
            ]
      const names = (list: readonly string[]): { readonly names: string } => ({
        names: list.join(', '),
      })
      const good = [
        finding('TLS_GRADE', { ...values, suites, versions }),
        finding('TLS_NOT_VULNERABLE', names(found.notVulnerable)),
        ...(found.notTested.length > 0 ? [finding('TLS_NOT_TESTED', names(found.notTested))] : []),
        ...(found.publiclyTrusted ? [] : [finding('TLS_GRADE_LOCAL_TRUST')]),
      ]
      return verdictOf(good, bad)
    },
  }
}

/** Certificates must be in two logs of different operators; fewer is what browsers refuse. */
const LOGS_MIN = 2

/** True only by signatures checked with the logs' keys; without them neither true nor false. */
export function tlsTransparencyProbe(grade: GradeTls): Probe {
  return {
    version: 2,
    everySeconds: COSTLY_SECONDS,
    measure: async (signal) => {
      const { publiclyTrusted, logs, timestamps } = await grade(signal)
      const count = logs.length
      if (!publiclyTrusted) {
        return { outcome: 'unmeasured', findings: [finding('TLS_LOCAL_AUTHORITY')] }
      }
      const distinct = new Set(logs).size
      if (distinct < LOGS_MIN) return verdictOf([], [finding('TLS_NOT_LOGGED', { count })])
      const { valid, invalid, operators } = timestamps
      if (invalid > 0) return verdictOf([], [finding('TLS_SCT_INVALID', { count: invalid })])
      if (valid >= LOGS_MIN && operators >= LOGS_MIN) {
        return verdictOf([finding('TLS_LOGGED', { count: valid, operators })], [])
      }
      const unchecked = finding('TLS_SCT_UNCHECKED', { count, logs: distinct })
      return { outcome: 'unmeasured', findings: [unchecked] }
    },
  }
}
