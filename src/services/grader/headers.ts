/**
 * All that is said of a site's headers, cookies and redirects: both graders on one visit.
 *
 * @module
 */
import { gradeByObservatory, type ObservatoryGrade } from './observatory/score.ts'
import { gradeBySecurityHeaders, type SecurityHeadersGrade } from './security-headers.ts'
import { visitSite, type VisitTarget } from './visit-site.ts'
import type { Visit } from './visit.ts'

export type HeadersReport = {
  readonly visit: Visit
  readonly observatory: ObservatoryGrade
  readonly securityHeaders: SecurityHeadersGrade
}

/** @throws {FaultError} GRADE_NOT_REACHED when nothing answers over HTTPS. */
export async function gradeHeaders(
  target: VisitTarget,
  signal: AbortSignal,
): Promise<HeadersReport> {
  const visit = await visitSite(target, signal)
  return {
    visit,
    observatory: gradeByObservatory(visit),
    securityHeaders: gradeBySecurityHeaders(visit),
  }
}

/** What weakens the grades, each as a short name. */
export function weaknessesOf({ observatory, securityHeaders }: HeadersReport): string[] {
  const losing = observatory.tests.filter(({ modifier }) => modifier < 0).map(({ code }) => code)
  return [...securityHeaders.missing, ...losing]
}
