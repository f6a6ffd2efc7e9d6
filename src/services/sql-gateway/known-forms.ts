/**
 * Forms of statements that broke no rule, so that the next of the same form is not parsed: programs
 * say the same with other constants. No I/O.
 *
 * A form is the text with constants and comments taken out. Only where no rule can depend on a
 * constant is a statement known by its form: one query or change of rows, of plain characters, with
 * nothing quoted in ways that two scanners could read differently.
 *
 * @module
 */

/** A program has some hundred forms; a longer text is parsed. */
const FORMS_MAX = 2_000
const TEXT_MAX = 8_192

/** Statements that cannot carry others in a constant: DO, PREPARE, CREATE and their like can. */
const FIRST = /^\s*(?:select|insert|update|delete|with)\b/i
/**
 * Other alphabets have capitals of ours; backslash, dollar and U& begin other quotings; and of one
 * function the verdict is in what it is given: the name of a setting.
 */
const PECULIAR = /[^\t\n\r -[\]-~]|\$[A-Za-z_$]|[uU]&"|[sS][eE][tT]_[cC][oO][nN][fF][iI][gG]/
/**
 * Strings, quoted names (which stay), numbers, and comments that hold no other. A digit after a
 * word or a dollar is part of a name or a parameter: `a$1` and `a$2` are two columns.
 */
const TAKEN_OUT = new RegExp(
  [
    /'(?:[^']|'')*'/,
    /"[^"]*"/,
    /(?<![\w$])\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/,
    /--[^\n\r]*/,
    /\/\*(?:[^*/]|\*(?!\/)|\/(?!\*))*\*\//,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)
/** What of those was not taken out, because it has no end; or another statement. */
const LEFT_OVER = /'|;\s*[^\s]|\/\*|\*\//

/** The form of a text; undefined for one that is not known by its form. */
export function formOf(sql: string): string | undefined {
  if (sql.length > TEXT_MAX || PECULIAR.test(sql)) return undefined
  const form = sql.replace(TAKEN_OUT, (part) => {
    switch (part.charCodeAt(0)) {
      case 0x22:
        return part.includes(';') ? "'" : part // or it would look like another statement
      case 0x27:
        return '\u0001'
      case 0x2d:
      case 0x2f:
        return ' ' // between two words it parts them
      default:
        return '0'
    }
  })
  return FIRST.test(form) && !LEFT_OVER.test(form) ? form : undefined
}

export class KnownForms {
  readonly #forms = new Set<string>()

  has(form: string): boolean {
    return this.#forms.has(form)
  }

  add(form: string): void {
    if (this.#forms.size >= FORMS_MAX)
      for (const oldest of this.#forms) {
        this.#forms.delete(oldest)
        break
      }
    this.#forms.add(form)
  }
}
