/**
 * What a statement sets off: the injection detectors and the escalation primitives, per role.
 *
 * @module
 */
import { cachedParser } from '#protocol/sql/parse.ts'
import { Profile, type ProfileState } from '#protocol/sql/profile.ts'
import { signWords, weightOf } from '#protocol/sql/signs.ts'
import { judgeInjection } from './injection.ts'
import { Reading } from './reading.ts'

const CACHE_ENTRIES_MAX = 5_000
const CACHED_TEXT_MAX = 8_192
const ROLES_MAX = 1_000
/** Of all roles: with so many, no further role is learned. */
const NODES_MAX = 1_000_000
/** A role of fewer statements is also held against what others say, those who say most. */
const YOUNG_STATEMENTS = 500
const NEIGHBOURS_MAX = 8
/** With more roles than this a new one is nothing special, and nobody has time to ask. */
const ROLES_SORTED_MAX = 200
const NONE: readonly string[] = []

/** Of forms that are learned only when they are heard again. */
const DOUBTED_MAX = 10_000
/** A form that speaks of injection a little is ordinary when it is heard so often. */
const HEARD_MIN = 3
const DOUBT_WEIGHT = 1.5

type Role = {
  readonly profile: Profile
  /** Escalation detectors that the role set off while it was learned: its habits. */
  readonly habits: Set<string>
}

/** What the judge learned of each role: its name, its habits, what it says. */
export type JudgeState = readonly (readonly [string, readonly string[], ProfileState])[]

/** Judges statements by what it learned of their roles. */
export class StatementJudge {
  readonly #parse = cachedParser(CACHE_ENTRIES_MAX, CACHED_TEXT_MAX)
  readonly #roles = new Map<string, Role>()
  #last: Reading | undefined
  /** Role and form of what is doubted, and how often it was heard. */
  readonly #doubted = new Map<string, number>()

  /** Takes a statement as ordinary for its role. @returns Whether its form is new. */
  learn(sql: string, roleName: string): boolean {
    const role = this.#role(roleName)
    if (!role) return false
    const reading = this.#read(sql)
    if (role.profile.hear(reading.path)) return false
    if (reading.parsed.kind !== 'tree') return false
    const { shape, path } = reading
    const isNew = !role.profile.knows(shape)
    role.profile.learn(shape, path, isNew ? reading.bearing : undefined, reading.isPlain)
    if (!isNew) return false
    for (const name of reading.bearing.primitives) role.habits.add(`escalation.${name}`)
    return true
  }

  /**
   * Learns what was heard and not told of. An attack that passed must not make the next one pass:
   * a new form that bears a comment or signs is learned only when it is heard again.
   *
   * @returns Whether a new form was learned.
   */
  hear(sql: string, roleName: string): boolean {
    const role = this.#roles.get(roleName)
    const reading = this.#read(sql)
    const isDoubtful = (): boolean =>
      reading.hasComment || weightOf(reading.bearing.signs) >= DOUBT_WEIGHT
    const isNew = role?.profile.isPlain(reading.path) !== true && !knownTo(role, reading)
    if (isNew && isDoubtful() && !this.#isHeardAgain(`${roleName}\u0000${reading.shape}`))
      return false
    return this.learn(sql, roleName)
  }

  #isHeardAgain(form: string): boolean {
    const heard = (this.#doubted.get(form) ?? 0) + 1
    this.#doubted.delete(form)
    if (heard >= HEARD_MIN) return true
    this.#doubted.set(form, heard)
    for (const oldest of this.#doubted.keys()) {
      if (this.#doubted.size <= DOUBTED_MAX) break
      this.#doubted.delete(oldest)
    }
    return false
  }

  /** Statements learned of a role. */
  learned(roleName: string): number {
    return this.#roles.get(roleName)?.profile.statements ?? 0
  }

  /** Ids of the detectors that a statement sets off. */
  judge(sql: string, roleName: string): readonly string[] {
    const role = this.#roles.get(roleName)
    const reading = this.#read(sql)
    if (role?.profile.isPlain(reading.path) === true) return NONE
    const injections = this.#injections(reading, role)
    const { primitives } = reading.bearing
    if (primitives.size === 0) return injections
    const escalations = [...primitives]
      .map((name) => `escalation.${name}`)
      .filter((id) => role?.habits.has(id) !== true)
    return [...injections, ...escalations]
  }

  /** What speaks of injection in a statement, in words; '' for nothing. */
  evidence(sql: string): string {
    return signWords(this.#read(sql).bearing.signs)
  }

  #injections(reading: Reading, role: Role | undefined): readonly string[] {
    const own = judgeInjection(reading, role?.profile)
    if (role && role.profile.statements >= YOUNG_STATEMENTS) return own
    let found = own
    for (const { profile } of this.#neighboursOf(role)) {
      if (knows(profile, reading)) return NONE
      if (found.length === 0) found = judgeInjection(reading, profile)
    }
    return found
  }

  /** Other roles that were heard, those who said most first. */
  #neighboursOf(role: Role | undefined): readonly Role[] {
    if (this.#roles.size > ROLES_SORTED_MAX) return []
    return [...this.#roles.values()]
      .filter((other) => other !== role && other.profile.statements > 0)
      .toSorted((a, b) => b.profile.statements - a.profile.statements)
      .slice(0, NEIGHBOURS_MAX)
  }

  /** What was learned, to be kept. */
  state(): JudgeState {
    return [...this.#roles].map(([name, { profile, habits }]) => [
      name,
      [...habits],
      profile.state(),
    ])
  }

  /** Goes on from what was kept. */
  restore(state: JudgeState): void {
    for (const [name, habits, profile] of state)
      this.#roles.set(name, { profile: Profile.from(profile), habits: new Set(habits) })
  }

  /** What was judged is learned next: it is read once. */
  #read(sql: string): Reading {
    if (this.#last?.sql !== sql) this.#last = new Reading(sql, this.#parse)
    return this.#last
  }

  #role(name: string): Role | undefined {
    const known = this.#roles.get(name)
    if (known || this.#roles.size >= ROLES_MAX) return known
    let nodes = 0
    for (const { profile } of this.#roles.values()) nodes += profile.size
    if (nodes >= NODES_MAX) return undefined
    const role = { profile: new Profile(), habits: new Set<string>() }
    this.#roles.set(name, role)
    return role
  }
}

function knownTo(role: Role | undefined, reading: Reading): boolean {
  return role !== undefined && reading.shape !== '' && role.profile.knows(reading.shape)
}

/** Whether a role says just this, without a comment that may have cut it. */
function knows(profile: Profile, reading: Reading): boolean {
  if (profile.isPlain(reading.path)) return true
  return !reading.hasComment && reading.shape !== '' && profile.knows(reading.shape)
}
