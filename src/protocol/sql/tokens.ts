/**
 * A statement's words, tolerant of what is broken: constants by their kind, the rest as written.
 *
 * PostgreSQL's own scanner gives up at an unterminated quote, which is exactly what a probe makes;
 * this one goes on to the end. Source: PostgreSQL manual, 4.1 Lexical Structure.
 *
 * @module
 */

export type TokenKind = 'word' | 'string' | 'number' | 'param' | 'operator' | 'comment' | 'broken'

export type Token = {
  readonly kind: TokenKind
  /** What two statements of one shape have in common: a constant is only its kind. */
  readonly norm: string
  /** Of a constant, as written. */
  readonly value?: string
}

/** More tokens than this are not looked at; the parser sees the whole statement anyway. */
export const TOKENS_MAX = 20_000

const SCANNER = new RegExp(
  [
    String.raw`\s+`,
    String.raw`(--[^\n\r]*)`,
    String.raw`(\/\*)`,
    String.raw`([eE]'(?:[^'\\]|''|\\[^])*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')`,
    String.raw`(\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)`,
    String.raw`([uU]&)?("(?:[^"]|"")+")`,
    String.raw`([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`,
    String.raw`(\$\d+)`,
    String.raw`(0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|NUMBER(?:[eE][+-]?\d+)?)`.replace(
      'NUMBER',
      String.raw`(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)`,
    ),
    String.raw`(::|:=|[(),;[\].:])`,
    String.raw`([-+*/<>=~!@#%^&|${'`'}?]+)`,
    String.raw`([^])`,
  ].join('|'),
  'gy',
)

const PARAM: Token = { kind: 'param', norm: '$' }
const COMMENT: Token = { kind: 'comment', norm: '--' }
const BROKEN: Token = { kind: 'broken', norm: '\u0000' }

/** The tokens of a statement, comments among them; `broken` ends what has no end. */
export function tokensOf(sql: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < sql.length && tokens.length < TOKENS_MAX) {
    SCANNER.lastIndex = at
    const found = SCANNER.exec(sql)
    if (!found) break
    const [text, line, block, literal, dollar, , , quoted, word, param, number, mark, run] = found
    at += text.length
    if (line !== undefined) tokens.push(COMMENT)
    else if (block !== undefined) {
      const end = endOfComment(sql, at)
      tokens.push(end === undefined ? BROKEN : COMMENT)
      at = end ?? sql.length
    } else if (literal !== undefined) tokens.push(stringToken(literal))
    else if (dollar !== undefined) {
      const end = sql.indexOf(dollar, at)
      tokens.push(end < 0 ? BROKEN : stringToken(sql.slice(at, end)))
      at = end < 0 ? sql.length : end + dollar.length
    } else if (quoted !== undefined) tokens.push({ kind: 'word', norm: quoted })
    else if (word !== undefined) tokens.push({ kind: 'word', norm: word.toLowerCase() })
    else if (param !== undefined) tokens.push(PARAM)
    else if (number !== undefined) pushNumber(tokens, number)
    else if (mark !== undefined) tokens.push({ kind: 'operator', norm: mark })
    else if (run !== undefined) {
      const operator = operatorIn(run)
      tokens.push({ kind: 'operator', norm: operator })
      at += operator.length - run.length
    } else if (text.trim() !== '') {
      tokens.push(BROKEN)
      if (/['"]/.test(text)) at = sql.length // all the rest is inside the quote
    }
  }
  return tokens
}

function stringToken(value: string): Token {
  return { kind: 'string', norm: `'`, value }
}

/** A sign before a number that follows no value belongs to it: `= -1` has the form of `= 1`. */
function pushNumber(tokens: Token[], value: string): void {
  const sign = tokens.at(-1)
  const before = tokens.at(-2)
  const signed = sign?.norm === '-' || sign?.norm === '+'
  if (signed && before && startsValue(before)) tokens.pop()
  tokens.push({ kind: 'number', norm: '0', value })
}

function startsValue({ kind, norm }: Token): boolean {
  if (kind === 'operator') return norm !== ')' && norm !== ']'
  return (
    kind === 'word' &&
    /^(select|and|or|not|by|limit|offset|values|then|else|when|between)$/.test(norm)
  )
}

/** Block comments nest. @returns Where it ends, if it does. */
function endOfComment(sql: string, from: number): number | undefined {
  let depth = 1
  for (let at = from; at < sql.length; at++) {
    const two = sql.slice(at, at + 2)
    if (two === '/*') depth++
    else if (two === '*/') depth--
    else continue
    at++
    if (depth === 0) return at + 1
  }
  return undefined
}

/** The operator at the beginning of a run of its characters, by PostgreSQL's rules. */
function operatorIn(run: string): string {
  const comment = run.search(/--|\/\*/)
  let operator = comment > 0 ? run.slice(0, comment) : run
  if (!/[~!@#%^&|`?]/.test(operator)) {
    while (operator.length > 1 && /[-+]$/.test(operator)) operator = operator.slice(0, -1)
  }
  return operator
}
