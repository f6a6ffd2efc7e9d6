/**
 * What only the text tells, since the parser drops it: comments, and how words are written.
 *
 * @module
 */
import { signs } from './signs.ts'

/** A literal, a quoted name, a comment, a word, a hexadecimal number: whichever comes first. */
const PIECES = new RegExp(
  [
    String.raw`[eE]'(?:[^'\\]|''|\\[^])*'|'(?:[^']|'')*'`,
    String.raw`\$([A-Za-z_]\w*)?\$[^]*?\$\1\$`,
    String.raw`("(?:[^"]|"")*")`,
    String.raw`(--[^\n\r]*)`,
    String.raw`(\/\*(?:[^*]|\*(?!\/))*\*\/)`,
    String.raw`([A-Za-z_][\w$]*)`,
    String.raw`\b(0[xX][\da-fA-F]{2,})`,
  ].join('|'),
  'g',
)

const KEYWORDS = new Set(
  `select union all from where and or order by group having limit null like between case when then
   else end insert into values update set delete sleep not exists in is cast as join true false
   count concat char chr substring version current_user`.split(/\s+/),
)
/** Of a text: beyond it comments prove little, and every statement waits. */
const CHARS_MAX = 65_536
/** What no name needs: a comparison or a call of words. */
const CODE =
  /\b(and|or|select|rlike|having|union|when)\b.*[=(]|[=(].*\b(and|or|select|rlike|union)\b|^"\)+ /i
/** What no name can be: a statement, or the outside of brackets. */
const STATEMENT = new RegExp(
  [
    String.raw`^"[\s\d%]*\)+\s*(and|or|as|;|union|rlike|where)\b`,
    String.raw`[(=;].*\bselect\b.*\bfrom\b|\bunion\s+(all\s+)?select\b`,
    String.raw`;\s*(select|drop|insert|call|begin|waitfor|declare)\b`,
    String.raw`\b(and|or|rlike|having)\b.*\bselect\b.*\(|\b(and|or)\b.*\b\d+\s*=\s*\d+`,
  ].join('|'),
  'i',
)
const MIXED_MIN = 2

export function textSigns(sql: string): number {
  if (sql.length > CHARS_MAX) return 0
  let found = 0
  let mixed = 0
  for (const match of sql.matchAll(PIECES)) {
    const [text, , name, line, block, word, hex] = match
    const end = match.index + text.length
    if (name !== undefined) found |= nameSigns(name)
    else if (line !== undefined) found |= lineComment(line, sql.slice(end).trim() === '')
    else if (block !== undefined) {
      if (/^\/\*!?\d*\s*\*\/$/.test(block)) found |= signs.commentSpace
    } else if (hex !== undefined) found |= signs.hexNumber
    else if (word !== undefined && isMixed(word)) mixed++
  }
  if (mixed >= MIXED_MIN) found |= signs.mixedCase
  return found
}

function nameSigns(name: string): number {
  return (CODE.test(name) ? signs.quotedCode : 0) | (STATEMENT.test(name) ? signs.impossible : 0)
}

/** A quote at once, or after a random word, and then what goes on after a value. */
const CUT = /^\s*(?:\w{4})?%?'\s*($|[),;]|\|\||(and|or|order|group|limit|returning|on|then)\b)/i

function lineComment(comment: string, isLast: boolean): number {
  if (!isLast) return 0
  const text = comment.replace(/^-+/, '').trim()
  if (/^[^\w'"()]{0,3}$/.test(text) || /^\w{4}$/.test(text)) return signs.commentTail
  const code = text.replaceAll(/\w'\w|'[^']*'/g, '') // apostrophes in words, whole literals
  if (CUT.test(text)) return signs.commentCut | signs.commentTail
  if (code.includes(`'`)) return signs.commentCut
  return closesOutside(code) ? signs.commentBracket : 0
}

/** Whether a closing bracket has its other half outside. */
function closesOutside(code: string): boolean {
  let depth = 0
  for (const letter of code) {
    if (letter === '(') depth++
    if (letter === ')' && --depth < 0) return true
  }
  return false
}

function isMixed(word: string): boolean {
  if (!KEYWORDS.has(word.toLowerCase())) return false
  return !/^([a-z_]+|[A-Z_]+|[A-Z][a-z_]+)$/.test(word)
}
