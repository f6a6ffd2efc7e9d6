/**
 * The policies of the autopilot as header values: the one that only listens, and the one enforced.
 *
 * @module
 */

/** Where browsers send their reports; a path no application has. */
export const REPORT_PATH = '/.well-known/veilig-reports'

/** Name of the endpoint in `Reporting-Endpoints`, and the field's value. */
export const REPORTING_ENDPOINTS: string = `veilig="${REPORT_PATH}"`

const reporting = `report-uri ${REPORT_PATH}; report-to veilig`

/** Stands for the answer's nonce in a stored policy. */
export const NONCE_MARK = "'nonce-'"

/**
 * What already holds while the gateway learns: it breaks no page that was made without a policy.
 * No plug-ins, no foreign base address, no foreign frames around ours.
 */
export const LEARNING_POLICY = "object-src 'none'; base-uri 'self'; frame-ancestors 'self'"

/** What the gateway would like to enforce, asked of browsers as a question. */
const question =
  `default-src 'none'; script-src 'self' ${NONCE_MARK} 'report-sample'; ` +
  `style-src 'self' ${NONCE_MARK} 'report-sample'; img-src 'self' data:; font-src 'self'; ` +
  "connect-src 'self'; media-src 'self'; manifest-src 'self'; worker-src 'self'; " +
  "frame-src 'self'; form-action 'self'"

/** Text that becomes code or page without a check would be refused; so far only told. */
const trustedTypesQuestion = "require-trusted-types-for 'script'"

/** A directive's name → its sources. */
export type Directives = Readonly<Record<string, readonly string[]>>

export function learningQuestion(nonce: string): string {
  return `${withNonce(question, nonce)}; ${reporting}`
}

export function trustedTypesReportOnly(): string {
  return `${trustedTypesQuestion}; ${reporting}`
}

/** The policy of one answer. @param nonce Undefined for what is no page. */
export function enforcedPolicy(directives: Directives, nonce: string | undefined): string {
  return `${withNonce(policyText(directives), nonce)}; ${reporting}`
}

/** As stored and shown: with the mark where a nonce will stand. */
export function policyText(directives: Directives): string {
  return Object.entries(directives)
    .map(([name, sources]) => [name, ...sources].join(' '))
    .join('; ')
}

function withNonce(policy: string, nonce: string | undefined): string {
  return nonce === undefined
    ? policy.replaceAll(` ${NONCE_MARK}`, '')
    : policy.replaceAll(NONCE_MARK, `'nonce-${nonce}'`)
}
