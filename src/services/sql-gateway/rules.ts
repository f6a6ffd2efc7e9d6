/**
 * What a role may not say, judged on the parsed statement before the server has it. No I/O.
 *
 * A rule is off, observed (recorded and passed) or enforced (recorded and refused). Only roles with
 * rules are parsed; a text of theirs that is too long to be judged is refused like a forbidden one.
 *
 * @module
 */
import { cachedParser, walkTree, type Parsed, type Tree } from '#protocol/sql/parse.ts'
import { primitivesIn } from '#protocol/sql/primitives.ts'
import type { RoleRules, RuleMode } from './config.ts'
import { namesWithheld } from './withheld.ts'

export type Verdict = {
  /** The rule's name in the configuration. */
  readonly rule: keyof RoleRules
  readonly mode: Exclude<RuleMode, 'off'>
}

const CACHE_ENTRIES_MAX = 2_000
const CACHED_TEXT_MAX = 8_192

/** Statements that change structure, by the name of their node. */
const DDL = new RegExp(
  '^(Create|Alter|Drop|Rename|Comment|SecLabel|Truncate|Reassign|Reindex|Refresh|Define|' +
    'IndexStmt|ViewStmt|RuleStmt|Grant|Cluster|Vacuum)',
)
type Rule = Verdict & { readonly breaks: (statements: readonly Tree[]) => boolean }

/** The rules of a role that are not off. */
function activeOf({ ddl, escalation, withheld }: RoleRules): readonly Rule[] {
  const all: readonly (Omit<Rule, 'mode'> & { readonly mode: RuleMode })[] = [
    { rule: 'ddl', mode: ddl, breaks: (statements) => statements.some(isDdl) },
    {
      rule: 'escalation',
      mode: escalation,
      breaks: (statements) => primitivesIn(statements).size > 0,
    },
    ...withheld.map((thing) => ({
      rule: 'withheld' as const,
      mode: thing.mode,
      breaks: (statements: readonly Tree[]) =>
        statements.some((statement) => namesWithheld(statement, thing)),
    })),
  ]
  return all.flatMap(({ mode, ...rule }) => (mode === 'off' ? [] : [{ ...rule, mode }]))
}

function isDdl(statement: Tree): boolean {
  let found = false
  walkTree(statement, (type) => {
    if (type.endsWith('Stmt') && DDL.test(type)) found = true
  })
  return found
}

export type Judge = (sql: string, whole: boolean) => Verdict | undefined

/** The judge of one role; undefined for a role without rules. */
export function judgeOf(roleRules: RoleRules | undefined, parse: Parse): Judge | undefined {
  if (!roleRules) return undefined
  const active = activeOf(roleRules)
  if (active.length === 0) return undefined
  return (sql, whole) => {
    const parsed = whole ? parse(sql) : { kind: 'refused' as const }
    if (parsed.kind === 'syntax-error') return undefined // the server refuses it, too
    let observed: Verdict | undefined
    for (const { rule, mode, breaks } of active) {
      if (parsed.kind !== 'refused' && !breaks(parsed.statements)) continue
      if (mode === 'enforce') return { rule, mode }
      observed ??= { rule, mode }
    }
    return observed
  }
}

type Parse = (sql: string) => Parsed

/** One parser for all sessions of a gateway: applications repeat themselves. */
export function sharedParser(): Parse {
  return cachedParser(CACHE_ENTRIES_MAX, CACHED_TEXT_MAX)
}
