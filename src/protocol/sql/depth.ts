/**
 * How deep the tree of a statement can be, judged from its text before anything is built from it.
 *
 * PostgreSQL's grammar takes chains of thousands of operators; the tree of one is as deep as the
 * chain is long, and whoever walks it needs as much stack. A parser that runs out of stack inside
 * WebAssembly is damaged for the rest of the process, so such a text is not parsed at all.
 *
 * @module
 */

/** Deeper than any statement a person or a program writes, shallow enough for every stack. */
export const DEPTH_MAX = 1_000
/** A level takes two characters at least, so a shorter text needs no look. */
export const SHALLOW_CHARS: number = 2 * DEPTH_MAX

/** What may add a level, a quoted part that adds none, or what ends a chain. */
const SIGN = new RegExp(
  [
    String.raw`'(?:[^']|'')*'`,
    String.raw`"(?:[^"]|"")*"`,
    String.raw`\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[^]*?\$\1\$`,
    String.raw`--[^\n]*`,
    String.raw`[([]`,
    String.raw`[)\]]`,
    '[,;]',
    // Operators, casts, fields, and words between, before or after which a tree goes on.
    String.raw`[-+*/<>=~!@#%^&|?:.]+`,
    String.raw`\b(?:union|intersect|except|not|case|when|is|isnull|notnull|in|like|ilike|similar|` +
      String.raw`between|collate|at|select|join|and|or|with|on|from|any|all|some|exists|do|as)\b`,
  ].join('|'),
  'gi',
)

/** Whether a text may be deeper than `DEPTH_MAX`. Errs on the side of yes. */
export function isTooDeep(sql: string): boolean {
  if (sql.length < SHALLOW_CHARS) return false
  const levels: number[] = []
  let below = 0 // of the levels around this one
  let chain = 0
  for (const [sign] of sql.matchAll(SIGN)) {
    switch (sign) {
      case '(':
      case '[':
        levels.push(chain)
        below += chain + 1
        chain = 0
        break
      case ')':
      case ']':
        chain = levels.pop() ?? 0
        below = Math.max(0, below - chain - 1)
        break
      case ',':
      case ';':
        chain = 0
        break
      default:
        if (!/^['"$]|^--/.test(sign)) chain++
    }
    if (below + chain > DEPTH_MAX) return true
  }
  return false
}
