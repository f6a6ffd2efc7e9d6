/**
 * Values that look drawn at random, given to names that speak of secrets. Pure.
 *
 * Names alone find too much (every test has a `password`), randomness alone too (every digest):
 * both together find what the patterns of known services cannot know.
 *
 * @module
 */

const telling =
  '[\\w.-]*(?:passw(?:or)?d|secret|token|api[_-]?key|private[_-]?key|credential)[\\w.-]*'
const value = '[A-Za-z0-9+/=_.~-]{20,200}'
/** An assignment in most languages and formats: name, then = or :, then a quoted or bare value. */
const assignment = new RegExp(`(${telling})["']?\\s*(?:=|:|=>)\\s*(["'\`]?)(${value})\\2`, 'gi')

const BITS_PER_CHARACTER_MIN = 3.5
const CLASSES_MIN = 2
const LINE_MAX = 2000

export type Suspect = {
  /** Zero-based position of the value in the line. */
  readonly column: number
  readonly value: string
}

/** Values in a line that look like a secret. */
export function suspectsIn(line: string): readonly Suspect[] {
  if (line.length > LINE_MAX) return []
  return [...line.matchAll(assignment)].flatMap((match) => {
    const [whole, , , value = ''] = match
    if (!looksRandom(value)) return []
    return [{ column: match.index + whole.lastIndexOf(value), value }]
  })
}

function looksRandom(value: string): boolean {
  const classes = [/[a-z]/, /[A-Z]/, /\d/].filter((one) => one.test(value)).length
  if (classes < CLASSES_MIN || !/\d/.test(value)) return false
  // A path, a dotted name or words joined by signs are read by people, not drawn by machines.
  const words = value.split(/[-_./]/)
  if (words.length > 2 && words.every((word) => word.length < 12)) return false
  return entropy(value) >= BITS_PER_CHARACTER_MIN
}

/** Shannon's entropy, bits for each character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}
