/**
 * Reports of TLS (RFC 8460 §4): how often senders reached the domain's servers safely. Pure.
 *
 * @module
 */
import { z } from 'zod'
import { DeniedError } from '#lib/errors.ts'
import { printable } from './printable.ts'

export type TlsReport = {
  readonly reporter: string
  readonly reportId: string
  readonly domain: string
  readonly beginsMs: number
  readonly endsMs: number
  readonly results: readonly {
    /** `sts`, `tlsa` or `no-policy-found`. */
    readonly policy: string
    readonly succeeded: number
    readonly failed: number
    readonly failures: Readonly<Record<string, number>>
  }[]
}

const count = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)
const word = z.string().max(255)
const moment = z.iso.datetime({ offset: true })

const form = z.object({
  'organization-name': word.min(1),
  'report-id': word.min(1),
  'date-range': z.object({ 'start-datetime': moment, 'end-datetime': moment }),
  policies: z
    .array(
      z.object({
        policy: z.object({ 'policy-type': word, 'policy-domain': word.min(1) }),
        summary: z.object({
          'total-successful-session-count': count,
          'total-failure-session-count': count,
        }),
        'failure-details': z
          .array(z.object({ 'result-type': word, 'failed-session-count': count }))
          .max(1000)
          .default([]),
      }),
    )
    .min(1)
    .max(100),
})

/** @throws {DeniedError} MAIL_REPORT_INVALID. */
export function readTlsReport(json: string): TlsReport {
  const parsed = form.safeParse(parsedJson(json))
  if (!parsed.success) throw invalid(parsed.error.issues[0]?.path.join('.') ?? '')
  const { policies, 'date-range': range } = parsed.data
  return {
    reporter: printable(parsed.data['organization-name']),
    reportId: printable(parsed.data['report-id']),
    domain: printable(policies[0]?.policy['policy-domain'] ?? '').toLowerCase(),
    beginsMs: Date.parse(range['start-datetime']),
    endsMs: Date.parse(range['end-datetime']),
    results: policies.map(({ policy, summary, 'failure-details': details }) => {
      const failures = new Map<string, number>()
      for (const { 'result-type': type, 'failed-session-count': failed } of details)
        failures.set(printable(type), (failures.get(printable(type)) ?? 0) + failed)
      return {
        policy: printable(policy['policy-type']),
        succeeded: summary['total-successful-session-count'],
        failed: summary['total-failure-session-count'],
        failures: Object.fromEntries(failures),
      }
    }),
  }
}

function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw invalid('no JSON')
  }
}

function invalid(why: string): DeniedError {
  return new DeniedError('MAIL_REPORT_INVALID', why, 'this is no TLS report')
}
