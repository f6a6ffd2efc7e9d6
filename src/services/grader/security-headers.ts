/**
 * The grade by the rules of securityheaders.com: how many of six headers are missing, and whether
 * one that is there weakens itself.
 *
 * The weights are not published: the letters follow the counts that its reports show (one missing
 * and three missing are inferred). Source: docs/decisions/0051-grader.md.
 *
 * @module
 */
import type { Visit } from './visit.ts'

export type SecurityHeadersGrade = {
  readonly grade: string
  readonly missing: readonly string[]
  /** Why it is A and not A+, in sentences. */
  readonly warnings: readonly string[]
}

/** Those that count. */
export const SIX_HEADERS: readonly string[] = [
  'Strict-Transport-Security',
  'Content-Security-Policy',
  'X-Frame-Options',
  'X-Content-Type-Options',
  'Referrer-Policy',
  'Permissions-Policy',
]

/** Letters by the number of headers missing. */
const letters: readonly string[] = ['A+', 'A', 'B', 'C', 'D', 'E', 'F']

const referrerPolicies: ReadonlySet<string> = new Set(
  (
    'no-referrer no-referrer-when-downgrade origin origin-when-cross-origin ' +
    'same-origin strict-origin strict-origin-when-cross-origin unsafe-url'
  ).split(' '),
)

/** Grades a visit. */
export function gradeBySecurityHeaders({ page }: Visit): SecurityHeadersGrade {
  const missing = SIX_HEADERS.filter(
    (name) => (page.fields[name.toLowerCase()] ?? '').trim() === '',
  )
  const warnings = [...cspWarnings(page.fields['content-security-policy'] ?? '')]
  const referrer = (page.fields['referrer-policy'] ?? 'no-referrer').split(',')
  if (!referrer.some((token) => referrerPolicies.has(token.trim().toLowerCase()))) {
    warnings.push('Referrer-Policy has a value that browsers do not know.')
  }
  const best = letters[missing.length] ?? 'F'
  return { grade: best === 'A+' && warnings.length > 0 ? 'A' : best, missing, warnings }
}

function* cspWarnings(csp: string): Generator<string> {
  const directives = new Map(
    csp
      .toLowerCase()
      .split(';')
      .map((part) => part.trim().split(/\s+/))
      .map(([name = '', ...sources]) => [name, sources] as const),
  )
  const script = directives.get('script-src') ?? directives.get('default-src') ?? []
  const guarded = script.some((source) => /^'(?:sha(?:256|384|512)|nonce)-/.test(source))
  if (script.includes("'unsafe-inline'") && !guarded) {
    yield "Content-Security-Policy allows scripts with 'unsafe-inline'."
  }
  if (script.includes("'unsafe-eval'")) {
    yield "Content-Security-Policy allows scripts with 'unsafe-eval'."
  }
}
