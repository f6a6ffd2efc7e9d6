/**
 * Reads the flat XML in which object stores answer. Pure.
 *
 * No document type, no namespaces, no attributes: what is asked for is found by its element's name,
 * and everything else is passed over.
 *
 * @module
 */

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

/** The insides of every element of this name, in order; one never stands in another. */
export function elementsOf(xml: string, name: string): string[] {
  const pattern = new RegExp(`<${name}(?:\\s[^>]*)?(?:/>|>([\\s\\S]*?)</${name}>)`, 'g')
  return [...xml.matchAll(pattern)].map(([, inside]) => inside ?? '')
}

/** The text of the first element of this name; undefined when there is none. */
export function textOf(xml: string, name: string): string | undefined {
  const [inside] = elementsOf(xml, name)
  return inside?.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, named) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(String(hex), 16) : undefined
    if (code === undefined) return NAMED[String(named)] ?? whole
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
