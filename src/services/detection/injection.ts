/**
 * SQL injection, from the statement as PostgreSQL parsed it and from what its role usually says.
 *
 * A known strict tree is benign, unless a comment cut it to that form. An unknown one is
 * suspicious by where it leaves the known ones, and by what it bears that they do not. Neither the
 * text nor a list of bad words decides.
 *
 * @module
 */
import { markNames, marks, marksOf } from '#protocol/sql/marks.ts'
import type { Parsed } from '#protocol/sql/parse.ts'
import { hasComment, Profile, type Departure } from '#protocol/sql/profile.ts'
import { shapeOf } from '#protocol/sql/shape.ts'
import { tokensOf } from '#protocol/sql/tokens.ts'

export type InjectionAlert =
  'sqli.structure' | 'sqli.timing' | 'sqli.catalogue' | 'sqli.functions' | 'sqli.syntax-probing'

/** Statements by the same beginning after which an unknown continuation is unusual in itself. */
const PASSED_MIN = 5
/** Where at least one in so many statements takes a way of its own, novelty says nothing. */
const NOVELTY_ONE_IN = 20

/** Marks that a program's own new statement hardly ever bears where a value would stand. */
const MEDIUM =
  marks.tautology |
  marks.sleep |
  marks.dangerous |
  marks.stacked |
  marks.comment |
  marks.castError |
  marks.concatenation |
  marks.union |
  marks.subquery |
  marks.conditional |
  marks.catalogue |
  marks.probing

/**
 * @param profile What the role was heard to say; undefined when it is not known at all.
 * @returns Detectors that this statement sets off; none for an ordinary one.
 */
export function judgeInjection(
  sql: string,
  parsed: Parsed,
  profile: Profile | undefined,
): readonly InjectionAlert[] {
  if (parsed.kind === 'refused') return []
  const tokens = tokensOf(sql)
  const departure = (profile ?? EMPTY).departure(tokens)
  if (parsed.kind === 'syntax-error') return isProbe(departure) ? ['sqli.syntax-probing'] : []
  if (profile?.knows(shapeOf(parsed.statements))) {
    if (!hasComment(tokens) || departure.whole) return []
    return departure.atValue && departure.passed > 0 ? ['sqli.structure'] : []
  }
  const borne = marksOf(parsed.statements) | (hasComment(tokens) ? marks.comment : 0)
  const found = borne & ~departure.marks
  const exploring = profile?.exploring ?? false
  return isInjection({ departure, found, exploring }) ? alertsFor(found) : []
}

/** Learns a statement as what its role says. A text that does not parse teaches nothing. */
export function learnStatement(sql: string, parsed: Parsed, profile: Profile): void {
  if (parsed.kind !== 'tree') return
  const tokens = tokensOf(sql)
  const comment = hasComment(tokens) ? marks.comment : 0
  profile.learn(shapeOf(parsed.statements), tokens, marksOf(parsed.statements) | comment)
}

const EMPTY = new Profile()

type Evidence = {
  readonly departure: Departure
  /** Marks beyond those of the statements that came this way. */
  readonly found: number
  /** Whether the role makes up its statements, as a person at a prompt does. */
  readonly exploring: boolean
}

function isInjection({ departure, found, exploring }: Evidence): boolean {
  const { atValue, inClause, passed, ways, whole, varied } = departure
  if (!atValue || passed === 0 || whole) return false
  if (exploring && !(inClause && varied)) return false
  if ((found & marks.utility) !== 0 && (found & marks.stacked) === 0) return false
  if (exploring && !isHabit(departure)) return false
  if (ways > 1 && !isBeatenTrack(departure)) return count(found & MEDIUM) >= 2
  return (found & ~marks.or) !== 0 || isOddContinuation(departure)
}

/** Whether a role that makes up its statements says this one again and again. */
function isHabit(departure: Departure): boolean {
  return isBeatenTrack(departure) && departure.shapes * PASSED_MIN <= departure.passed
}

/** Whether so many passed here, on so few ways, that a new way is remarkable. */
function isBeatenTrack({ passed, ways, once }: Departure): boolean {
  return passed >= PASSED_MIN && once * NOVELTY_ONE_IN <= passed && ways * 2 <= passed
}

/** `and name = value`, a sorting, a limit: a new filter of the program's own looks like that. */
const OWN_FILTER = new RegExp(
  [
    String.raw`^(and [\w".]+( not)? `,
    String.raw`([-+*/<>=~!@#%^&|?]+ [('0$ ),]+|(like|ilike|in) [('0$ ),]+|= (true|false) |`,
    String.raw`is( not)? null ) ?)*(group by [\w". ,]+)?(order by [a-z_][\w". ,]*)?`,
    String.raw`(limit [0$] ?)?(offset [0$] ?)?(for update)?\)* ?$`,
  ].join(''),
)

const OWN_SORTING = new RegExp(
  String.raw`^([a-z_][\w.]*|"[^"]+")( (asc|desc))?( , [a-z_][\w.]*( (asc|desc))?)*` +
    String.raw`( limit [0$])?( offset [0$])? $`,
)

/** The rest of a row to insert. */
const ROW =
  /^((\(|\)|,|'|0|\$|null|default|true|false) )*(on conflict [^']*|returning [a-z_* ,]+)? ?$/

function isOddContinuation({ rest, replacesValue, inRow }: Departure): boolean {
  if (inRow && ROW.test(`${rest} `)) return false
  if (replacesValue) return !OWN_SORTING.test(`${rest} `)
  return !OWN_FILTER.test(`${rest} `)
}

/** SQL where a value stood; an apostrophe in a name leaves words, not this. */
const PROBE = new RegExp(
  [
    String.raw`\bunion (all )?(select [^a-z]|\()`,
    String.raw`\bselect .*\bfrom\b.*(--|\))`,
    String.raw`\b(and|or|having|when) \(* ?[0'] (=|<|>) \(* ?[0']`,
    String.raw`\b(pg_sleep|sleep|benchmark|extractvalue|updatexml|xmltype|chr|char|ctxsys) [(.]`,
    String.raw`\b(waitfor delay|order by 0|information_schema|procedure analyse)\b`,
    String.raw`; (drop|insert|exec|select|update|delete|create|declare) .*(--|;)`,
  ].join('|'),
)

/** A broken statement that goes on with SQL where a value stood. */
function isProbe(departure: Departure): boolean {
  if (!departure.atValue || departure.passed === 0) return false
  return PROBE.test(departure.rest)
}

function alertsFor(found: number): readonly InjectionAlert[] {
  const alerts: InjectionAlert[] = ['sqli.structure']
  if (found & marks.sleep) alerts.push('sqli.timing')
  if (found & marks.catalogue) alerts.push('sqli.catalogue')
  if (found & marks.dangerous) alerts.push('sqli.functions')
  return alerts
}

function count(bits: number): number {
  return markNames(bits).length
}
