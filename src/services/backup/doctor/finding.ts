/**
 * What the doctor says of one thing: how it is, and how to mend it.
 *
 * @module
 */

/** `missing`: a backup would fail. `weak`: it would work, and be worth less. */
export type FindingState = 'good' | 'weak' | 'missing' | 'unknown'

export type Finding = {
  /** Stable: 'server.wal-level', 'region.abroad.write-once'. */
  readonly id: string
  readonly state: FindingState
  readonly sentence: string
  /** What to do; SQL where SQL mends it. */
  readonly mend?: string
}

export function good(id: string, sentence: string): Finding {
  return { id, state: 'good', sentence }
}

export function weak(id: string, sentence: string, mend: string): Finding {
  return { id, state: 'weak', sentence, mend }
}

export function missing(id: string, sentence: string, mend: string): Finding {
  return { id, state: 'missing', sentence, mend }
}

export function unknown(id: string, sentence: string): Finding {
  return { id, state: 'unknown', sentence }
}
