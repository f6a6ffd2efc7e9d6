/**
 * One look at a thing: how it was, how long it took, and why it failed, in a code.
 *
 * @module
 */
export type Looked = {
  readonly up: boolean
  /** Until its answer, in milliseconds. */
  readonly tookMs: number
  /** Why it counts as down: TIMED_OUT, REFUSED, TLS_FAILED, HTTP_503, WRONG_ANSWER … */
  readonly reason?: string
  /** When its certificate ends, milliseconds since the Unix epoch. */
  readonly certificateEndsMs?: number
}

/** The reason of a look that could not tell yet: it is neither up nor down. */
export const UNKNOWN_YET = 'UNKNOWN_YET'

/** What a monitor finds out; a throw means down. */
export type Found = Pick<Looked, 'reason' | 'certificateEndsMs'>

/** A refusal with a code of its own. */
export class NotUp extends Error {
  readonly reason: string
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.reason = reason
  }
}

/** Runs a monitor within a time-out and makes a look of whatever happens. */
export async function lookWithin(
  timeoutMs: number,
  nowMs: () => number,
  stop: AbortSignal,
  monitor: (signal: AbortSignal) => Promise<Found>,
): Promise<Looked> {
  const startedMs = nowMs()
  const timeout = AbortSignal.timeout(timeoutMs)
  const took = (): number => Math.max(0, nowMs() - startedMs)
  try {
    const found = await monitor(AbortSignal.any([timeout, stop]))
    return { up: found.reason === undefined, tookMs: took(), ...found }
  } catch (error) {
    const reason = timeout.aborted ? 'TIMED_OUT' : reasonOf(error)
    return { up: false, tookMs: took(), reason }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'REFUSED',
  ECONNRESET: 'RESET',
  ENOENT: 'REFUSED',
  ENOTFOUND: 'NAME_UNKNOWN',
  EHOSTUNREACH: 'UNREACHABLE',
  ENETUNREACH: 'UNREACHABLE',
  ETIMEDOUT: 'TIMED_OUT',
}

function reasonOf(error: unknown): string {
  if (error instanceof NotUp) return error.reason
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code !== 'string') return 'FAILED'
  if (code in REASONS) return REASONS[code]!
  return /^(ERR_TLS|ERR_SSL|CERT|DEPTH|UNABLE|SELF)/.test(code) ? 'TLS_FAILED' : 'FAILED'
}
