/**
 * The judge of a role's statements: says at once what is known or short, and asks about all else.
 *
 * A long text is parsed by a thread (judge-threads.ts), so that nobody else waits for it. A short
 * one is parsed here: asking a thread took twice the CPU, and neighbours waited longer. No I/O.
 *
 * @module
 */
import { keepNewest } from '#lib/keep-newest.ts'
import type { RoleRules } from './config.ts'
import { formOf, KnownForms } from './known-forms.ts'
import { ruleSetOf, type Judged, type Verdict } from './rules.ts'

/** What a thread is asked. */
export type Question = {
  readonly sql: string
  /** RoleRules as JSON. */
  readonly rules: string
}

/** Undefined: no answer came, and the text counts as one that cannot be judged. Never rejects. */
export type Ask = (question: Question) => Promise<Judged | undefined>

export type Judge = {
  /** The verdict on a text that cannot be judged. */
  readonly unjudged: Verdict
  /** The verdict on a whole text; a promise, which never rejects, when it has to be asked for. */
  readonly of: (sql: string) => Verdict | undefined | Promise<Verdict | undefined>
}

/** Characters of a text that is parsed here, once for its form: some 0.3 ms at most. */
export const PARSED_HERE_MAX = 2_048
/** Verdicts are remembered, not trees: of texts nobody repeats, trees would fill the memory. */
const REMEMBERED_MAX = 2_000
const REMEMBERED_TEXT_MAX = 8_192

/** The judge of all sessions of a role; undefined for a role without rules. */
export function judgeOf(roleRules: RoleRules, ask: Ask): Judge | undefined {
  const ruleSet = ruleSetOf(roleRules)
  if (!ruleSet) return undefined
  const { unjudged } = ruleSet
  const rules = JSON.stringify(roleRules)
  const forms = new KnownForms()
  const verdicts = new Map<string, { readonly verdict: Verdict | undefined }>()
  const keep = (sql: string, verdict: Verdict | undefined): Verdict | undefined => {
    if (sql.length <= REMEMBERED_TEXT_MAX) keepNewest(verdicts, sql, { verdict }, REMEMBERED_MAX)
    return verdict
  }
  const learn = (sql: string, form: string | undefined, judged: Judged): Verdict | undefined => {
    if (form !== undefined && judged.isTree && !judged.verdict) forms.add(form)
    return keep(sql, judged.verdict)
  }
  const asked = async (sql: string, form: string | undefined): Promise<Verdict | undefined> => {
    const answer = await ask({ sql, rules })
    return answer ? learn(sql, form, answer) : unjudged
  }
  return {
    unjudged,
    of: (sql) => {
      const known = verdicts.get(sql)
      if (known) return known.verdict
      const form = formOf(sql)
      // A statement of the form of one that broke no rule breaks none.
      if (form !== undefined && forms.has(form)) return keep(sql, undefined)
      if (sql.length <= PARSED_HERE_MAX) return learn(sql, form, ruleSet.judge(sql))
      return asked(sql, form)
    },
  }
}
