/**
 * One HTML tag: its name and attributes, as a browser's tokenizer reads them.
 *
 * Text is Latin-1, one character a byte, so that any encoding that contains ASCII passes through
 * unharmed. Source: HTML Living Standard, "Tokenization", states of tags and attributes.
 *
 * @module
 */

export type Tag = {
  /** Lower case. */
  readonly name: string
  readonly isEnd: boolean
  /** Lower-case name → value as written; the first of a repeated one counts. */
  readonly attributes: ReadonlyMap<string, string>
  /** Behind the name, where an attribute of ours may go. */
  readonly nameEnd: number
  /** Behind the `>`. */
  readonly end: number
}

const space = /[\t\n\f\r ]/
const endOfName = /[\t\n\f\r />]/g
const endOfAttributeName = /[\t\n\f\r />=]/g
const endOfBareValue = /[\t\n\f\r >]/g

/**
 * Reads the tag that begins at `start` with `<` and a letter, or `</` and a letter.
 *
 * @returns Undefined when it does not end in this text.
 */
export function readTag(text: string, start: number): Tag | undefined {
  const isEnd = text[start + 1] === '/'
  const nameStart = start + (isEnd ? 2 : 1)
  const nameEnd = find(endOfName, text, nameStart)
  if (nameEnd < 0) return undefined
  const attributes = new Map<string, string>()
  let at = nameEnd
  for (;;) {
    while (at < text.length && (space.test(text[at] ?? '') || text[at] === '/')) at++
    if (at >= text.length) return undefined
    if (text[at] === '>') break
    const attribute = readAttribute(text, at)
    if (!attribute) return undefined
    const { name, value, end } = attribute
    if (!attributes.has(name)) attributes.set(name, value)
    at = end
  }
  const name = text.slice(nameStart, nameEnd).toLowerCase()
  return { name, isEnd, attributes, nameEnd, end: at + 1 }
}

function readAttribute(
  text: string,
  start: number,
): { readonly name: string; readonly value: string; readonly end: number } | undefined {
  const nameEnd = find(endOfAttributeName, text, start + 1) // a first `=` belongs to the name
  if (nameEnd < 0) return undefined
  const name = text.slice(start, nameEnd).toLowerCase()
  let at = skipSpace(text, nameEnd)
  if (at >= text.length) return undefined
  if (text[at] !== '=') return { name, value: '', end: at }
  at = skipSpace(text, at + 1)
  const quote = text[at]
  if (quote === undefined) return undefined
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(quote, at + 1)
    return close < 0 ? undefined : { name, value: text.slice(at + 1, close), end: close + 1 }
  }
  const end = find(endOfBareValue, text, at)
  return end < 0 ? undefined : { name, value: text.slice(at, end), end }
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (at < text.length && space.test(text[at] ?? '')) at++
  return at
}

function find(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.exec(text)?.index ?? -1
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  gt: '>',
  lt: '<',
  nbsp: '\u00a0',
  quot: '"',
}

/**
 * An attribute's value with its character references resolved.
 *
 * @returns Undefined when one is written in a way we do not know: better no word than a wrong one.
 */
export function decodeEntities(value: string): string | undefined {
  let isKnown = true
  const decoded = value.replace(/&(#x?[0-9a-f]+|[a-z][a-z0-9]*);?/gi, (whole, name: string) => {
    const number = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1))
    if (name.startsWith('#')) {
      isKnown &&= whole.endsWith(';') && number > 0 && number < 0x80
      return isKnown ? String.fromCharCode(number) : whole
    }
    const known = whole.endsWith(';') ? entities[name] : undefined
    // `a&b=c` in an address is no reference; a name we do not know may be one.
    if (known === undefined && whole.endsWith(';')) isKnown = false
    return known ?? whole
  })
  return isKnown ? decoded : undefined
}
