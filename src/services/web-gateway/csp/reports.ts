/**
 * Violation reports of browsers, in both forms they are sent in, read into one.
 *
 * Source: Reporting API, "Report" (`application/reports+json`, a list) and CSP Level 3 §5
 * (`application/csp-report`, one).
 *
 * @module
 */

export type Violation = {
  /** Address of the page. */
  readonly document: string
  /** `script-src-elem`, `img-src` … */
  readonly directive: string
  /** An address, a scheme, or a word such as `inline` and `eval`. */
  readonly blocked: string
  readonly sourceFile: string
  readonly sample: string
  readonly disposition: 'enforce' | 'report'
}

/** Reports taken from one body. */
const REPORTS_MAX = 100
const TEXT_MAX = 2_048

/** @returns What could be read of it; empty when it is nothing of ours. */
export function readReports(body: string): readonly Violation[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return []
  }
  const list: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed]
  return list.slice(0, REPORTS_MAX).flatMap((each) => {
    if (!isRecord(each)) return []
    const old = each['csp-report']
    if (isRecord(old)) return violationOf(old, oldNames)
    const { body: report, type } = each
    return type === 'csp-violation' && isRecord(report) ? violationOf(report, newNames) : []
  })
}

type Names = Readonly<Record<keyof Violation, readonly string[]>>

const newNames: Names = {
  document: ['documentURL'],
  directive: ['effectiveDirective'],
  blocked: ['blockedURL'],
  sourceFile: ['sourceFile'],
  sample: ['sample'],
  disposition: ['disposition'],
}

const oldNames: Names = {
  document: ['document-uri'],
  directive: ['effective-directive', 'violated-directive'],
  blocked: ['blocked-uri'],
  sourceFile: ['source-file'],
  sample: ['script-sample'],
  disposition: ['disposition'],
}

function violationOf(report: Readonly<Record<string, unknown>>, names: Names): Violation[] {
  const text = (name: keyof Violation): string => {
    const value = names[name].map((each) => report[each]).find((each) => typeof each === 'string')
    return typeof value === 'string' ? value.slice(0, TEXT_MAX) : ''
  }
  const directive = /^[a-z-]{3,40}/.exec(text('directive').toLowerCase())?.[0]
  if (directive === undefined || text('document') === '') return []
  return [
    {
      document: text('document'),
      directive,
      blocked: text('blocked'),
      sourceFile: text('sourceFile'),
      sample: text('sample'),
      disposition: text('disposition') === 'enforce' ? 'enforce' : 'report',
    },
  ]
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
