/** Reads `*.vectors` files: paragraphs of `key: value` lines, `#` comments. @module */
import { readFileSync } from 'node:fs'

export type Vector = Readonly<Partial<Record<string, string>>> & { readonly case: string }

/** @throws {Error} When a line is not `key: value` or a paragraph has no `case`. */
export function readVectors(url: URL): readonly Vector[] {
  const text = readFileSync(url, 'utf8').replace(/^#.*\n/gm, '')
  return text
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph.trim())
    .map((paragraph) => {
      const entries = paragraph
        .trim()
        .split('\n')
        .map((line) => {
          const [, key, value] = /^(\w+): ?(.*)$/.exec(line) ?? []
          if (key === undefined || value === undefined)
            throw new Error(`not a vector line: ${line}`)
          return [key, value] as const
        })
      const vector = Object.fromEntries(entries) as Partial<Record<string, string>>
      if (vector['case'] === undefined) throw new Error(`vector without a case: ${paragraph}`)
      return { ...vector, case: vector['case'] }
    })
}

/** Hex, spaces allowed, to bytes. Strict, where Buffer.from(_, 'hex') stops silently at a typo. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(' ', '')
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`not hex: ${text}`)
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
