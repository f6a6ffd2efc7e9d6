/**
 * What a statement sets off: the injection detectors and the escalation primitives, per role.
 *
 * @module
 */
import { cachedParser } from '#protocol/sql/parse.ts'
import { Profile } from '#protocol/sql/profile.ts'
import { judgeInjection } from './injection.ts'
import { Reading } from './reading.ts'

const CACHE_ENTRIES_MAX = 5_000
const CACHED_TEXT_MAX = 8_192
const ROLES_MAX = 1_000

type Role = {
  readonly profile: Profile
  /** Escalation detectors that the role set off while it was learned: its habits. */
  readonly habits: Set<string>
}

/** Judges statements by what it learned of their roles. */
export class StatementJudge {
  readonly #parse = cachedParser(CACHE_ENTRIES_MAX, CACHED_TEXT_MAX)
  readonly #roles = new Map<string, Role>()
  #last: Reading | undefined

  /** Takes a statement as ordinary for its role. */
  learn(sql: string, roleName: string): void {
    const role = this.#role(roleName)
    const reading = this.#read(sql)
    if (!role || reading.parsed.kind !== 'tree') return
    const { shape, tokens } = reading
    const isNew = !role.profile.knows(shape)
    role.profile.learn(shape, tokens, isNew ? reading.borne : undefined)
    if (!isNew) return
    for (const name of reading.primitives) role.habits.add(`escalation.${name}`)
  }

  /** Statements learned of a role. */
  learned(roleName: string): number {
    return this.#roles.get(roleName)?.profile.statements ?? 0
  }

  /** Ids of the detectors that a statement sets off. */
  judge(sql: string, roleName: string): readonly string[] {
    const role = this.#roles.get(roleName)
    const reading = this.#read(sql)
    const injections = judgeInjection(reading, role?.profile)
    if (reading.parsed.kind !== 'tree') return injections
    const escalations = [...reading.primitives]
      .map((name) => `escalation.${name}`)
      .filter((id) => !role?.habits.has(id))
    return [...injections, ...escalations]
  }

  /** What was judged is learned next: it is read once. */
  #read(sql: string): Reading {
    if (this.#last?.sql !== sql) this.#last = new Reading(sql, this.#parse(sql))
    return this.#last
  }

  #role(name: string): Role | undefined {
    const known = this.#roles.get(name)
    if (known || this.#roles.size >= ROLES_MAX) return known
    const role = { profile: new Profile(), habits: new Set<string>() }
    this.#roles.set(name, role)
    return role
  }
}
