/**
 * Signs of injection that a statement bears by itself: conditions that are always true, words cut
 * off by a comment, set operations that cannot fit, other databases' functions.
 *
 * One bit each with a weight, so that what a role bears by habit can be taken away. The weights are
 * orders of magnitude, rounded: how much rarer a program's own statements bear it.
 *
 * @module
 */

/** Weight of each sign, and what it is in words. */
const table = {
  /** A comment at the end holds the quote that closed the value. */
  commentCut: [5, 'a comment that hides the closing quote'],
  /** A comment at the end holds a bracket whose other half is outside. */
  commentBracket: [3, 'a comment that hides a bracket'],
  /** Nothing follows the comment sign that ends the text. */
  commentTail: [2.5, 'a comment sign at the end'],
  /** A comment where a blank would do. */
  commentSpace: [2, 'comments in place of blanks'],
  /** Words that change their case within, as no person and no program writes them. */
  mixedCase: [3, 'wOrDs of mixed case'],
  /** A number in hexadecimal. */
  hexNumber: [1, 'a hexadecimal number'],
  /** Constants compared with each other beside OR. */
  orTruth: [4, 'a condition beside OR that is always the same'],
  /** The same beside AND, after another condition. */
  andTruth: [3, 'a condition beside AND that is always the same'],
  /** The same as the first or only condition, as query builders begin. */
  truth: [0.5, 'a condition that is always the same'],
  /** A constant that is no boolean, taken as a condition. */
  constantCondition: [3, 'a constant taken as a condition'],
  /** A column compared with itself. */
  sameColumn: [1.5, 'a column compared with itself'],
  /** The arms of a set operation have different numbers of columns. */
  unionMisfit: [4, 'arms of a UNION that do not fit'],
  /** An arm of constants alone, after one that reads a table. */
  unionConstants: [2.5, 'a UNION with constants'],
  stacked: [1, 'several statements at once'],
  sleep: [3, 'a wait'],
  foreignFunction: [3, 'a function of another database'],
  foreignTable: [3, 'a table of another database'],
  catalogue: [1, 'a look into the catalogue'],
  dangerous: [1.5, 'a function that leaves the database'],
  /** Functions that tell an attacker where it is. */
  probing: [1, 'a question about the server'],
  /** A subquery that reads nothing. */
  emptySubquery: [1.5, 'a subquery that reads nothing'],
  /** CASE on constants. */
  constantCase: [3, 'a CASE on constants'],
  /** Constant texts joined. */
  joinedConstants: [2, 'constant texts joined'],
  /** Texts built from character codes, or taken apart into them. */
  characterCodes: [3, 'texts made of character codes'],
  /** A cast of something computed, a row against a subquery: the error message tells. */
  errorProbe: [2, 'an error made on purpose'],
  /** A comparison or a CASE that reads no column, but calls a function. */
  columnless: [1.5, 'a comparison without a column'],
  /** Sorted by a column number beyond the last. */
  sortBeyond: [3, 'a sorting by a column that is not there'],
  /** Rows are made only to be counted: a way to wait. */
  busyWork: [2.5, 'work done only to take time'],
  /** A calculation of constants where a value would do. */
  constantArithmetic: [1, 'a calculation of constants'],
  /** Texts calculated with or compared by the statement itself: the two halves of a value. */
  textArithmetic: [2, 'texts compared or calculated with'],
  /** A name in quotes that holds code. */
  quotedCode: [4, 'a name in quotes that holds code'],
  /** What PostgreSQL cannot do, and payloads for others ask for: texts multiplied, 'x' AND. */
  impossible: [6, 'what means something on other databases only'],
} as const

export type Sign = keyof typeof table

const names = Object.keys(table) as readonly Sign[]

/** Bit of each sign. */
export const signs: Readonly<Record<Sign, number>> = Object.fromEntries(
  names.map((name, at) => [name, 1 << at]),
) as Record<Sign, number>

/** Number of different signs. */
export const SIGNS: number = names.length

/** Names of the signs in a set of bits. */
export function signNames(bits: number): readonly Sign[] {
  return names.filter((name) => (bits & signs[name]) !== 0)
}

/** A set of bits, for people. */
export function signWords(bits: number): string {
  return signNames(bits)
    .map((name) => table[name][1])
    .join(', ')
}

const weights: readonly number[] = names.map((name) => table[name][0])

/** Sum of the weights of a set of bits. */
export function weightOf(bits: number): number {
  let sum = 0
  for (let at = 0; at < SIGNS; at++) if (bits & (1 << at)) sum += weights[at] ?? 0
  return sum
}
