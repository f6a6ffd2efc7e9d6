/**
 * Synchronous mode: whether commits shall wait for the regions, whether they do, and what to do
 * about the difference. Pure.
 *
 * @module
 */

/** Who gave it up: the operator until he takes it up again, the deadline until all is well. */
export type LeftNote = { readonly by: 'operator' | 'deadline'; readonly atMs: number }

export type ModeFacts = {
  readonly nowMs: number
  /** By the configuration. */
  readonly wanted: boolean
  readonly left: LeftNote | undefined
  /** As PostgreSQL knows us. */
  readonly applicationName: string
  /** PostgreSQL's synchronous_standby_names and synchronous_commit. */
  readonly names: string
  readonly commit: string
  /** How long the oldest change has waited that is not safe; undefined: not known yet. */
  readonly waitedMs: number | undefined
  /** After which the mode is given up by itself; undefined: never. */
  readonly leaveAfterMs: number | undefined
}

export type ModeDecision =
  | { readonly act: 'none' }
  | { readonly act: 'enter' }
  | { readonly act: 'leave'; readonly by: 'operator' | 'deadline' | 'configuration' }
  /** The mode is wanted, or not, and only the operator can make it so. */
  | { readonly act: 'none'; readonly hindrance: string }

/** Commits begin to wait only when all is this fresh. */
export const LEVEL_MS = 5_000
/** A mode given up by the deadline is taken up again after this long, when all is well. */
const AGAIN_AFTER_MS = 30_000

export function decideMode(facts: ModeFacts): ModeDecision {
  const { wanted, left, names, applicationName, waitedMs = Infinity } = facts
  const named = namesUs(names, applicationName)
  const alone = names.trim() === standbyNames(applicationName)
  if (!wanted) return named && alone ? { act: 'leave', by: 'configuration' } : { act: 'none' }
  if (left?.by === 'operator') {
    if (!named) return { act: 'none' }
    return alone ? { act: 'leave', by: 'operator' } : hinderedBy(notAlone(names))
  }
  if (named) {
    if (waitedMs > (facts.leaveAfterMs ?? Infinity)) {
      return alone ? { act: 'leave', by: 'deadline' } : hinderedBy(notAlone(names))
    }
    return facts.commit in weakness ? hinderedBy(weakness[facts.commit] ?? '') : { act: 'none' }
  }
  if (names.trim() !== '') return hinderedBy(others(names, applicationName))
  if (facts.commit in weakness) return hinderedBy(weakness[facts.commit] ?? '')
  if (left && facts.nowMs - left.atMs < AGAIN_AFTER_MS) return { act: 'none' }
  return waitedMs < LEVEL_MS ? { act: 'enter' } : { act: 'none' }
}

/** The value that makes commits wait for us alone. */
export function standbyNames(applicationName: string): string {
  return `"${applicationName}"`
}

/**
 * Whether commits wait for us, or may.
 *
 * Source: PostgreSQL, replication/syncrep_gram.y: `a, "b"`, `FIRST 1 (a, b)`, `ANY 2 (*)`.
 */
export function namesUs(names: string, applicationName: string): boolean {
  const listed = /\(([^)]*)\)/.exec(names)?.[1] ?? names
  return listed
    .split(',')
    .map((name) => name.trim())
    .some((name) => {
      if (name === '*') return true
      const plain = /^"(.*)"$/.exec(name)?.[1] ?? name
      return plain.toLowerCase() === applicationName.toLowerCase()
    })
}

const weakness: Readonly<Record<string, string>> = {
  off: 'synchronous_commit is off on the server: commits wait for nobody; set it to on',
  local: 'synchronous_commit is local on the server: commits wait for nobody else; set it to on',
  remote_apply:
    'synchronous_commit is remote_apply on the server: commits would wait for ever, because a ' +
    'backup applies nothing; set it to on',
}

function hinderedBy(hindrance: string): ModeDecision {
  return { act: 'none', hindrance }
}

function others(names: string, us: string): string {
  return (
    `synchronous_standby_names already names others (${names}); ` +
    `name us beside them yourself, for example: FIRST 2 (…, ${us})`
  )
}

function notAlone(names: string): string {
  return (
    `synchronous_standby_names names others beside us (${names}), so it is left as it is; to let ` +
    'commits go on, take us out: ALTER SYSTEM SET synchronous_standby_names = …; ' +
    'SELECT pg_reload_conf();'
  )
}
