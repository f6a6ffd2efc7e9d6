/**
 * headers.grade, tls.grade and tls.transparency: what an outside grader would say.
 *
 * The graders are a service of their own; what they found comes in as plain values.
 *
 * @module
 */
import { finding, verdictOf, type Probe } from '../probe.ts'

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

const GRADE_EVERY_SECONDS = 300
const SCORE_MIN = 100

/** The claim promises grade A; A+ is better than promised. */
export function headersGradeProbe(grade: GradeHeaders): Probe {
  return {
    version: 1,
    everySeconds: GRADE_EVERY_SECONDS,
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
