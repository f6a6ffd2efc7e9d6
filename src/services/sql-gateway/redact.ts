/**
 * Takes passwords out of SQL text before it is recorded.
 *
 * Conservative: where a statement sets a password, every literal from the word PASSWORD on goes,
 * and so does any literal or comment that speaks of one; where the reading is uncertain, all the
 * rest goes. Losing a harmless literal costs little, keeping a password costs everything.
 *
 * @module
 */

const SETS_PASSWORD = /\b(create|alter)\b[^]*password|password[^]*\b(create|alter)\b/i
const CONNECTION_STRING = /password\s*=/i
const REDACTED = '(redacted)'

/**
 * A quoted identifier, string, dollar-quoted string, comment, the beginning of one without an end,
 * a word, or any one character.
 */
const TOKEN = new RegExp(
  [
    String.raw`"(?:[^"]|"")*"`,
    String.raw`'(?:[^']|'')*'`,
    String.raw`\$(WORD)?\$[^]*?\$\1\$`,
    String.raw`--[^\n]*`,
    String.raw`/\*[^]*?\*/`,
    String.raw`/\*`,
    String.raw`\$(?:WORD)?\$`,
    String.raw`[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`,
    '[^]',
  ]
    .join('|')
    .replaceAll('WORD', String.raw`[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*`),
  'g',
)

/** @returns The text without passwords, and whether anything was taken out. */
export function redactSql(sql: string): { readonly sql: string; readonly redacted: boolean } {
  if (!/password/i.test(sql)) return { sql, redacted: false }
  const sets = SETS_PASSWORD.test(sql)
  if (!sets && !CONNECTION_STRING.test(sql)) return { sql, redacted: false }
  let clean = ''
  let redacted = false
  let afterWord = false
  for (const [token] of sql.matchAll(TOKEN)) {
    if (/^password$/i.test(token)) afterWord = true
    // A quote never closed, or a backslash that may or may not escape one: nobody knows where the
    // literal ends.
    const uncertain = isOpen(token) || (isText(token) && token.includes('\\'))
    if (uncertain) return { sql: `${clean}'${REDACTED}'`, redacted: true }
    const secret = isText(token) && ((afterWord && sets) || /password/i.test(token))
    clean += secret ? replacement(token) : token
    redacted ||= secret
  }
  return { sql: clean, redacted }
}

function isText(token: string): boolean {
  return /^('|\$.*\$$|--|\/\*)/s.test(token)
}

/** A beginning on its own is one that the token pattern found no end for. */
function isOpen(token: string): boolean {
  return /^(['"]|\/\*|\$[^$]*\$)$/.test(token)
}

function replacement(token: string): string {
  if (token.startsWith('--')) return `-- ${REDACTED}`
  if (token.startsWith('/*')) return `/* ${REDACTED} */`
  return `'${REDACTED}'`
}
