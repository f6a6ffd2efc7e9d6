/**
 * What a role may not say, judged on the parsed statement before the server has it. No I/O.
 *
 * A rule is off, observed (recorded and passed) or enforced (recorded and refused). Only roles with
 * rules are parsed; a text of theirs that is too long to be judged is refused like a forbidden one.
 *
 * @module
 */
import { parseSql, walkObjects, type Parsed, type Tree } from '#protocol/sql/parse.ts'
import { primitivesIn } from '#protocol/sql/primitives.ts'
import type { RoleRules, RuleMode } from './config.ts'
import { isWithheld, namedIn, type Named } from './withheld.ts'

export type Verdict = {
  /** The rule's name in the configuration. */
  readonly rule: keyof RoleRules
  readonly mode: Exclude<RuleMode, 'off'>
}

/** Statements that change structure, by the name of their node. */
const DDL = new RegExp(
  '^(Create|Alter|Drop|Rename|Comment|SecLabel|Truncate|Reassign|Reindex|Refresh|Define|' +
    'IndexStmt|ViewStmt|RuleStmt|Grant|Cluster|Vacuum)',
)

/** The statements of one text; what they name is gathered once, for all that is withheld. */
class Reading {
  readonly statements: readonly Tree[]
  #named: readonly Named[] | undefined

  constructor(statements: readonly Tree[]) {
    this.statements = statements
  }

  get named(): readonly Named[] {
    return (this.#named ??= this.statements.map(namedIn))
  }
}

type Rule = Verdict & { readonly breaks: (reading: Reading) => boolean }

/** The rules of a role that are not off. */
function activeOf({ ddl, escalation, withheld }: RoleRules): readonly Rule[] {
  const all: readonly (Omit<Rule, 'mode'> & { readonly mode: RuleMode })[] = [
    { rule: 'ddl', mode: ddl, breaks: ({ statements }) => statements.some(isDdl) },
    {
      rule: 'escalation',
      mode: escalation,
      breaks: ({ statements }) => primitivesIn(statements).size > 0,
    },
    ...withheld.map((thing) => ({
      rule: 'withheld' as const,
      mode: thing.mode,
      breaks: ({ named }: Reading) => named.some((each) => isWithheld(each, thing)),
    })),
  ]
  return all.flatMap(({ mode, ...rule }) => (mode === 'off' ? [] : [{ ...rule, mode }]))
}

function isDdl(statement: Tree): boolean {
  let found = false
  walkObjects(statement, (name) => {
    if (name === 'intoClause') found = true // SELECT INTO makes a table
    if (!found && name.endsWith('Stmt') && DDL.test(name)) found = true
  })
  return found
}

/** What a text says about the rules. */
export type Judged = {
  /** The rule it breaks. */
  readonly verdict: Verdict | undefined
  /** Whether it has a tree, and so a form that others have. */
  readonly isTree: boolean
}

/** The rules of a role, as they are asked of a text. Parses: see judge-thread.ts. */
export type RuleSet = {
  readonly judge: (sql: string) => Judged
  /** The verdict on a text that cannot be judged. */
  readonly unjudged: Verdict
}

/** @returns Undefined for a role without rules. */
export function ruleSetOf(roleRules: RoleRules): RuleSet | undefined {
  const active = activeOf(roleRules)
  const unjudged = firstOf(active)
  return unjudged && { unjudged, judge: (sql) => judged(parseSql(sql), active) }
}

function judged(parsed: Parsed, active: readonly Rule[]): Judged {
  if (parsed.kind === 'syntax-error') return { verdict: undefined, isTree: false } // not executed
  if (parsed.kind === 'refused') return { verdict: firstOf(active), isTree: false }
  const reading = new Reading(parsed.statements)
  return { verdict: firstOf(active.filter(({ breaks }) => breaks(reading))), isTree: true }
}

/** What is enforced counts before what is only observed. */
function firstOf(broken: readonly Rule[]): Verdict | undefined {
  const first = broken.find(({ mode }) => mode === 'enforce') ?? broken[0]
  return first && { rule: first.rule, mode: first.mode }
}
