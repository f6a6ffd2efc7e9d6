/**
 * Composes the probes that ask a grader, and the one that guesses passwords.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import type { TlsGrades } from '#lib/grades/tls-grades.ts'
import { gradeHeaders, weaknessesOf } from '#services/grader/headers.ts'
import { gradeTls, hstsSeconds } from '#services/grader/tls/grade.ts'
import { readKnownLogs } from '#services/grader/tls/transparency.ts'
import { summaryOf } from '#services/grader/tls/summary.ts'
import { visitSite, type VisitTarget } from '#services/grader/visit-site.ts'
import type { ProberLockout } from '#services/prober/config.ts'
import type { Probe } from '#services/prober/probe.ts'
import {
  headersGradeProbe,
  tlsGradeProbe,
  tlsTransparencyProbe,
} from '#services/prober/probes/grades.ts'
import { loginLockoutProbe } from '#services/prober/probes/login-lockout.ts'
import type { WebTarget } from '#services/prober/probes/tls.ts'
import type { ServiceContext } from '../context.ts'

/** A member of the demonstration who is nobody: people do not sign in as him. */
const demonstrationLockout: ProberLockout = {
  path: '/zuiderpark/login',
  fields: { email: 'jonas@zuiderpark.example', password: 'tie-break-7-6', to: '' },
  passwordField: 'password',
}

/** By claim. */
export function gradeProbes(
  context: ServiceContext,
  web: WebTarget,
): readonly (readonly [string, Probe])[] {
  const { prober, application } = context.config
  const lockout = prober.lockout ?? (application.command ? undefined : demonstrationLockout)
  const target: VisitTarget & { readonly address: string } = {
    hostName: web.hostName,
    httpsPort: web.https.port,
    httpPort: web.plain.port,
    path: '/',
    address: web.https.host,
    ca: web.ca,
  }
  const tls = (signal: AbortSignal): Promise<TlsGrades> => tlsGrades(target, context, signal)
  return [
    ['tls.grade', tlsGradeProbe(tls)],
    ['tls.transparency', tlsTransparencyProbe(tls)],
    [
      'headers.grade',
      headersGradeProbe(async (signal) => {
        const report = await gradeHeaders(target, signal)
        return {
          securityHeaders: report.securityHeaders.grade,
          observatoryScore: report.observatory.score,
          observatoryGrade: report.observatory.grade,
          weaknesses: weaknessesOf(report),
        }
      }),
    ],
    ...(lockout ? [['login.lockout', loginLockoutProbe(web, lockout)] as const] : []),
  ]
}

async function tlsGrades(
  target: VisitTarget & { readonly address: string },
  { clock, config }: ServiceContext,
  signal: AbortSignal,
): Promise<TlsGrades> {
  const { ctLogsFile } = config.prober
  const logList = ctLogsFile === undefined ? undefined : await readFile(ctLogsFile, 'utf8')
  const { page } = await visitSite({ ...target, httpPort: undefined }, signal)
  const report = await gradeTls(
    {
      address: { host: target.address, port: target.httpsPort },
      serverName: target.hostName,
      ca: target.ca,
      ctLogs: logList === undefined ? undefined : readKnownLogs(logList),
      nowMs: clock.nowMs(),
      hstsMaxAgeSeconds: hstsSeconds(page.fields['strict-transport-security']),
    },
    signal,
  )
  return summaryOf(report)
}
