/**
 * Every answer the gateway gives by itself: one table from reason to status.
 *
 * A reason is for the operator and the audit trail; the visitor reads the page of its status.
 *
 * @module
 */

/** What a visitor is told; each has a page in three languages. */
export type PageStatus = 400 | 405 | 408 | 413 | 414 | 417 | 421 | 429 | 431 | 502 | 503 | 504 | 505

/** Reasons. Those that begin with HTTP_ come from the parser, the others from policy. */
// prettier-ignore
export type RefusalCode =
  | 'HTTP_BODY_CUT' | 'HTTP_CHARACTER_INVALID' | 'HTTP_CHUNK_INVALID' | 'HTTP_CODING_INVALID'
  | 'HTTP_EXPECTATION_UNKNOWN' | 'HTTP_FIELDS_TOO_MANY' | 'HTTP_FIELD_INVALID'
  | 'HTTP_FRAMING_AMBIGUOUS' | 'HTTP_HEAD_TOO_LARGE' | 'HTTP_HOST_INVALID'
  | 'HTTP_LENGTH_INVALID' | 'HTTP_REQUEST_LINE_INVALID' | 'HTTP_START_LINE_TOO_LONG'
  | 'HTTP_TARGET_INVALID' | 'HTTP_TRAILER_INVALID' | 'HTTP_VERSION_UNSUPPORTED'
  | 'WEB_BODY_TOO_LARGE' | 'WEB_CONNECTIONS_TOO_MANY' | 'WEB_HOST_UNKNOWN'
  | 'WEB_LOGIN_THROTTLED' | 'WEB_LOGIN_UNREADABLE'
  | 'WEB_METHOD_REFUSED' | 'WEB_PLAIN_ON_TLS_PORT' | 'WEB_RATE_LIMITED'
  | 'WEB_REQUEST_TIMEOUT' | 'WEB_STOPPING'
  | 'WEB_UPSTREAM_BROKEN' | 'WEB_UPSTREAM_BUSY' | 'WEB_UPSTREAM_DOWN' | 'WEB_UPSTREAM_TIMEOUT'

export type Refusal = {
  readonly status: PageStatus
  /** Whether it may be an attack, and goes to the audit trail. */
  readonly audited: boolean
  /** The page, when it is not that of its status. */
  readonly page?: 'login' | 'rate'
}

const attack = (status: PageStatus): Refusal => ({ status, audited: true })
const fault = (status: PageStatus): Refusal => ({ status, audited: false })

/** Reason → answer. */
export const refusals: Readonly<Record<RefusalCode, Refusal>> = {
  HTTP_BODY_CUT: attack(400),
  HTTP_CHARACTER_INVALID: attack(400),
  HTTP_CHUNK_INVALID: attack(400),
  HTTP_CODING_INVALID: attack(400),
  HTTP_EXPECTATION_UNKNOWN: attack(417),
  HTTP_FIELDS_TOO_MANY: attack(431),
  HTTP_FIELD_INVALID: attack(400),
  HTTP_FRAMING_AMBIGUOUS: attack(400),
  HTTP_HEAD_TOO_LARGE: attack(431),
  HTTP_HOST_INVALID: attack(400),
  HTTP_LENGTH_INVALID: attack(400),
  HTTP_REQUEST_LINE_INVALID: attack(400),
  HTTP_START_LINE_TOO_LONG: attack(414),
  HTTP_TARGET_INVALID: attack(400),
  HTTP_TRAILER_INVALID: attack(400),
  HTTP_VERSION_UNSUPPORTED: attack(505),
  WEB_BODY_TOO_LARGE: attack(413),
  WEB_CONNECTIONS_TOO_MANY: attack(429),
  WEB_HOST_UNKNOWN: attack(421),
  // The guard writes a record of its own, which says more.
  WEB_LOGIN_THROTTLED: { status: 429, audited: false, page: 'login' },
  WEB_LOGIN_UNREADABLE: attack(400),
  WEB_METHOD_REFUSED: attack(405),
  WEB_PLAIN_ON_TLS_PORT: fault(400),
  WEB_RATE_LIMITED: { status: 429, audited: true, page: 'rate' },
  WEB_REQUEST_TIMEOUT: attack(408),
  WEB_STOPPING: fault(503),
  WEB_UPSTREAM_BROKEN: fault(502),
  WEB_UPSTREAM_BUSY: fault(503),
  WEB_UPSTREAM_DOWN: fault(502),
  WEB_UPSTREAM_TIMEOUT: fault(504),
}

/** A code of the table for what a parser or an upstream threw. */
export function refusalCode(code: string, otherwise: RefusalCode): RefusalCode {
  return code in refusals ? (code as RefusalCode) : otherwise
}
