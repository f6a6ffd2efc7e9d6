/**
 * Takes passwords out of SQL text before it is recorded.
 *
 * Conservative: where a statement sets a password, every literal from the word PASSWORD on goes,
 * and so does any literal or comment that speaks of one; where the reading is uncertain, all the
 * rest goes. Losing a harmless literal costs little, keeping a password costs everything.
 *
 * @module
 */

const PASSWORD = /password/i
const SETS_SOMETHING = /\b(?:create|alter)\b/i
const CONNECTION_STRING = /password\s*=/i
const REDACTED = '(redacted)'

/**
 * A quoted identifier, string, dollar-quoted string, comment, the beginning of one without an end,
 * the word itself, many others at once, or any one character. Whoever may speak decides how long a
 * text is: no part may be looked at twice.
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
    'THIS(?!REST)',
    '(?:(?!THIS(?!REST))FIRST(?:REST)*|[^-"\'$/A-Za-z_\\u0080-\\uffff]){1,100}',
    '[^]',
  ]
    .join('|')
    .replaceAll('THIS', '[pP][aA][sS][sS][wW][oO][rR][dD]') // the tags of dollars have capitals
    .replaceAll('WORD', String.raw`[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*`)
    .replaceAll('FIRST', String.raw`[A-Za-z_\u0080-\uffff]`)
    .replaceAll('REST', String.raw`[\w$\u0080-\uffff]`),
  'g',
)

/** @returns The text without passwords, and whether anything was taken out. */
export function redactSql(sql: string): { readonly sql: string; readonly redacted: boolean } {
  if (!PASSWORD.test(sql)) return { sql, redacted: false }
  const sets = SETS_SOMETHING.test(sql)
  if (!sets && !CONNECTION_STRING.test(sql)) return { sql, redacted: false }
  let clean = ''
  let redacted = false
  let afterWord = false
  TOKEN.lastIndex = 0
  for (let at = 0; TOKEN.test(sql); at = TOKEN.lastIndex) {
    const token = sql.slice(at, TOKEN.lastIndex)
    if (!MARKS.has(token.charCodeAt(0))) {
      if (token.length === PASSWORD.source.length && PASSWORD.test(token)) afterWord = true
      clean += token
      continue
    }
    // A quote never closed, or a backslash that may or may not escape one: nobody knows where the
    // literal ends.
    const uncertain = isOpen(token) || (isText(token) && token.includes('\\'))
    if (uncertain) return { sql: `${clean}'${REDACTED}'`, redacted: true }
    const secret = isText(token) && ((afterWord && sets) || PASSWORD.test(token))
    clean += secret ? replacement(token) : token
    redacted ||= secret
  }
  return { sql: clean, redacted }
}

/** What all others begin with: quotes, a dollar, a dash, a slash. */
const MARKS = new Set(Buffer.from(`"'$-/`))

function isText(token: string): boolean {
  if (token.startsWith('$')) return token.length > 1 && token.endsWith('$')
  return token.startsWith("'") || token.startsWith('--') || token.startsWith('/*')
}

/** A beginning on its own is one that the token pattern found no end for. */
function isOpen(token: string): boolean {
  if (token.startsWith('$')) return token.indexOf('$', 1) === token.length - 1
  return token === "'" || token === '"' || token === '/*'
}

function replacement(token: string): string {
  if (token.startsWith('--')) return `-- ${REDACTED}`
  if (token.startsWith('/*')) return `/* ${REDACTED} */`
  return `'${REDACTED}'`
}
