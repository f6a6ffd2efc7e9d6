/**
 * A statement as a way through words: constants by their kind, a list of them as one, its end.
 *
 * @module
 */
import type { Token } from './tokens.ts'

/** A word; of a constant also what was written. */
export type Step = { readonly word: string; readonly value: string | undefined }

export const END = '\u0001end'
const COMMENT = '--'
/** Of a literal, to see that it changes. */
const VALUE_CHARS_MAX = 64

/** Words of a statement, one for each repeated list of constants, and its end. */
export function pathOf(tokens: readonly Token[]): readonly Step[] {
  const path: Step[] = []
  for (const { norm, value } of tokens) {
    path.push({ word: norm, value: value?.slice(0, VALUE_CHARS_MAX) })
    const size = path.length
    const isValue = norm === "'" || norm === '0' || norm === '$'
    // 1 , 1 is one value as far as the form goes.
    const before = path[size - 3]
    if (isValue && path[size - 2]?.word === ',' && before?.word === norm) {
      path.length = size - 3
      path.push({ word: norm, value: `${before.value} ${value}`.slice(0, VALUE_CHARS_MAX) })
    }
  }
  if (path.at(-1)?.word === ';') path.pop()
  path.push({ word: END, value: undefined })
  return path
}

/** Whether any token is a comment: it can hide the rest of a statement. */
export function hasComment(tokens: readonly Token[]): boolean {
  return tokens.some(({ norm }) => norm === COMMENT)
}

/** A number for what a literal held: that it changes is remembered, what it was is not. */
export function markOfValue(value: string | undefined): number {
  let mark = 0x811c9dc5
  for (let at = 0; at < (value?.length ?? 0); at++)
    mark = Math.imul(mark ^ value!.charCodeAt(at), 0x01000193)
  return mark >>> 0
}
