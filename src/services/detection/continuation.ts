/**
 * How a statement goes on after it left what is known: as a program's new statement does, or not.
 *
 * The words are those of `tokens.ts`, constants by their kind: `'` a text, `0` a number, `$` a
 * parameter.
 *
 * @module
 */
import type { Departure } from '#protocol/sql/profile.ts'

/** The rest of a row to insert. */
const ROW =
  /^((\(|\)|,|'|0|\$|null|default|true|false) )*(on conflict [^']*|returning [a-z_* ,]+)? ?$/

/** How a new statement of a program goes on after a value: with words of its own. */
const GOES_ON = new RegExp(
  [
    String.raw`^((and|or) (not )?(exists )?\(* ?("[^"]*"|[a-z_][\w.]*) (\. ("[^"]*"|[a-z_]\w*) )*`,
    String.raw`(not |is |in |like |ilike |between |[-+*/<>=~!@#%^&|?]+ |::|\[|\( ([a-z_"$]|'))`,
    // A column that is true or false.
    String.raw`|and (not )?("[^"]*"|[a-z_]\w*) (\. ("[^"]*"|[a-z_]\w*) )*`,
    String.raw`(and|\)|order|group|limit|$)`,
    // A subquery that looks back at the table it stands in.
    String.raw`|(and|or) (not )?exists \( select .* where .*[a-z_"]\w* \. `,
    String.raw`|and [0'$] (and|or|\)|order|group|limit|$)`, // BETWEEN 1 AND 2
    String.raw`|(order|group|partition) by |limit |offset |fetch |for |returning |on |as |:: |\) `,
    String.raw`|, |union |except |intersect |window |having |then |else |end |join |inner |left `,
    String.raw`|from |using |where |set |collate |at time zone |escape `,
    String.raw`|; $|- interval |\+ interval |$)`,
  ].join(''),
)
/** What a program may put where it had a value: a parameter, a column, a call, a subquery. */
const STANDS_IN = new RegExp(
  [
    String.raw`^(\$|null|true|false|default|current_\w+|any \(|all \(|array \[|interval '|date '`,
    String.raw`|timestamp '|[a-z_"][\w."]*( \. [\w"]+)* `,
    String.raw`(\( (\)|[a-z_"$' 0]+|[a-z_"]+ )|$|\)|,|and |or |::`,
    String.raw`|order |limit |asc |desc |using |nulls |=|<|>|-|\+)`,
    String.raw`|\( select [a-z_"]|case when [a-z_"]|- |\( ([a-z$]|['0] [^=<>!])`,
    ')',
  ].join(''),
)

/** Neither what a program goes on with, nor what it puts in a value's place. */
export function isWeird({ before, rest, sinceWords, replacesValue }: Departure): boolean {
  if (before.endsWith(' where ')) return false // of `1=1`, which a query builder begins with
  if (rest === '') return false // it ends where others go on: what cuts is a comment, with signs
  const text = `${sinceWords} `
  return !GOES_ON.test(text) && !(replacesValue && STANDS_IN.test(text))
}

/** A call in a value's place, and those by which programs make values. */
const CALL = /^(?:pg_catalog \. )?([a-z_]\w*) \(/
const MAKES_VALUES = new RegExp(
  [
    String.raw`^(now|(current|local|clock|transaction|statement)_\w+|coalesce|nullif|greatest`,
    String.raw`|least|lower|upper|b?trim|concat\w*|replace|round|cast|any|all|array\w*|row|exists`,
    String.raw`|not|select|interval|age|extract|date\w*|make_\w+|to_\w+|js\w+|gen_\w+`,
    String.raw`|uuid\w*|nextval|currval|crypt|digest|md5|sha\w*|encode|decode`,
    String.raw`|unnest|st_\w+|\w*tsquery|\w*tsvector)$`,
  ].join(''),
)

/** What a program writes in brackets or before the value, and an injection right after it. */
const BREAKS_OUT = /^(or|union|except|intersect|;) ./
/** Values after which a bare name in their place is no statement of the program's. */
const SETTLED = 20
const SECOND_ARM = /^(?:union|except|intersect) .*? from ("[^"]*"|[a-z_][\w.]*)/

/** Not what a program adds where so many of its statements passed. */
export function isOddContinuation(departure: Departure): boolean {
  const { rest, before, inRow, replacesValue } = departure
  if (inRow && ROW.test(`${rest} `)) return false
  if (isWeird(departure)) return true
  if (replacesValue && departure.passed >= SETTLED && !/ (by|where) $/.test(before)) {
    const call = CALL.exec(rest)?.[1]
    if (call !== undefined) return !MAKES_VALUES.test(call)
    return /^[a-z_]\w*$/.test(rest) && !/^(null|true|false|default|current_\w+)$/.test(rest)
  }
  if (replacesValue || !BREAKS_OUT.test(rest)) return false
  const table = SECOND_ARM.exec(rest)?.[1]
  return table === undefined || !before.includes(` ${table} `)
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
export function isProbe(departure: Departure): boolean {
  if (!departure.atValue || departure.passed === 0) return false
  return PROBE.test(departure.rest)
}
