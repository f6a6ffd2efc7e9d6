/**
 * Signs of injection that a statement bears by itself: conditions that are always true, words cut
 * off by a comment, set operations that cannot fit, other databases' functions.
 *
 * One bit each with a weight, so that what a role bears by habit can be taken away. The weights are
 * orders of magnitude, rounded: how much rarer a program's own statements bear it.
 *
 * @module
 */

/** Bit and weight of each sign. */
const table = {
  /** A comment at the end holds the quote that closed the value. */
  commentCut: 5,
  /** A comment at the end holds a bracket whose other half is outside. */
  commentBracket: 3,
  /** Nothing follows the comment sign that ends the text. */
  commentTail: 2.5,
  /** A comment where a blank would do. */
  commentSpace: 2,
  /** Words that change their case within, as no person and no program writes them. */
  mixedCase: 3,
  /** A number in hexadecimal. */
  hexNumber: 1,
  /** Constants compared with each other beside OR. */
  orTruth: 4,
  /** The same beside AND, after another condition. */
  andTruth: 3,
  /** The same as the first or only condition, as query builders begin. */
  truth: 0.5,
  /** A constant that is no boolean, taken as a condition. */
  constantCondition: 3,
  /** A column compared with itself. */
  sameColumn: 1.5,
  /** The arms of a set operation have different numbers of columns. */
  unionMisfit: 4,
  /** An arm of constants alone, after one that reads a table. */
  unionConstants: 2.5,
  stacked: 1,
  sleep: 3,
  foreignFunction: 3,
  foreignTable: 3,
  catalogue: 1,
  dangerous: 1.5,
  /** Functions that tell an attacker where it is. */
  probing: 0.5,
  /** A subquery that reads nothing. */
  emptySubquery: 1.5,
  /** CASE on constants. */
  constantCase: 3,
  /** Constant texts joined. */
  joinedConstants: 2,
  /** Texts built from character codes. */
  characterCodes: 3,
  /** A cast of something computed, a row against a subquery: the error message tells. */
  errorProbe: 2,
  /** A comparison that reads no column, but calls a function. */
  columnless: 1.5,
  /** Sorted by a column number beyond the last. */
  sortBeyond: 3,
  /** Rows are made only to be counted: a way to wait. */
  busyWork: 2.5,
  /** A calculation of constants where a value would do. */
  constantArithmetic: 1,
  /** Texts calculated with or compared by the statement itself: the two halves of a value. */
  textArithmetic: 2,
  /** A name in quotes that holds code. */
  quotedCode: 4,
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

/** Sum of the weights of a set of bits. */
export function weightOf(bits: number): number {
  return signNames(bits).reduce((sum, name) => sum + table[name], 0)
}
