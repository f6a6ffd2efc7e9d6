/**
 * What a role may not say, judged on the parsed statement before the server has it. No I/O.
 *
 * A rule is off, observed (recorded and passed) or enforced (recorded and refused). Only roles with
 * rules are parsed; a text of theirs that is too long to be judged is refused like a forbidden one.
 *
 * @module
 */
import { remembered } from '#lib/remembered.ts'
import { parseSql, walkObjects, type Parsed, type Tree } from '#protocol/sql/parse.ts'
import { primitivesIn } from '#protocol/sql/primitives.ts'
import type { RoleRules, RuleMode } from './config.ts'
import { formOf, KnownForms } from './known-forms.ts'
import { isWithheld, namedIn, type Named } from './withheld.ts'

export type Verdict = {
  /** The rule's name in the configuration. */
  readonly rule: keyof RoleRules
  readonly mode: Exclude<RuleMode, 'off'>
}

/** Verdicts are remembered, not trees: of texts nobody repeats, trees would fill the memory. */
const REMEMBERED = { entriesMax: 2_000, textMax: 8_192 }

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

export type Judge = (sql: string, whole: boolean) => Verdict | undefined

/** The judge of all sessions of a role; undefined for a role without rules. */
export function judgeOf(roleRules: RoleRules): Judge | undefined {
  const active = activeOf(roleRules)
  if (active.length === 0) return undefined
  const forms = new KnownForms()
  const judge = remembered((sql) => judgedByForm(sql, active, forms), REMEMBERED)
  return (sql, whole) => (whole ? judge(sql) : firstOf(active))
}

/** A statement of the form of one that broke no rule breaks none. */
function judgedByForm(
  sql: string,
  active: readonly Rule[],
  forms: KnownForms,
): Verdict | undefined {
  const form = formOf(sql)
  if (form !== undefined && forms.has(form)) return undefined
  const parsed = parseSql(sql)
  const verdict = judged(parsed, active)
  if (form !== undefined && parsed.kind === 'tree' && !verdict) forms.add(form)
  return verdict
}

function judged(parsed: Parsed, active: readonly Rule[]): Verdict | undefined {
  if (parsed.kind === 'syntax-error') return undefined // the server refuses it, too
  if (parsed.kind === 'refused') return firstOf(active)
  const reading = new Reading(parsed.statements)
  return firstOf(active.filter(({ breaks }) => breaks(reading)))
}

/** What is enforced counts before what is only observed. */
function firstOf(broken: readonly Rule[]): Verdict | undefined {
  const first = broken.find(({ mode }) => mode === 'enforce') ?? broken[0]
  return first && { rule: first.rule, mode: first.mode }
}
