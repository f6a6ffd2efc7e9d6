/**
 * What the record says of a statement's SQL.
 *
 * @module
 */
import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import type { RawText } from '#protocol/postgres/messages.ts'
import { redactSql } from './redact.ts'

export type SqlText = {
  /** As sent, up to the cap; without passwords. */
  readonly sql: string
  /** Bytes of the whole. */
  readonly sqlBytes: number
  /** Of the whole as sent; of the redacted text where a password was taken out of it. */
  readonly sha256: string
  readonly truncated: boolean
  readonly redacted: boolean
  /** Where in the application it comes from, as its last comment says (sqlcommenter); or ''. */
  readonly callSite: string
  /** Its members `sha256`, `sql` and `sqlBytes` as JSON, for the records. */
  readonly json: string
}

/** What the record says when the gateway never saw the text. */
export const NOTHING_SAID: SqlText = withJson({
  sql: '',
  sqlBytes: 0,
  sha256: '',
  truncated: false,
  redacted: false,
  callSite: '',
})

/** @param cap Bytes of text kept. */
export function describeText(raw: RawText, cap: number): SqlText {
  const bytes = raw.kept.length > cap ? cutAtCharacter(raw.kept, cap) : raw.kept
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Latin-1 loses nothing: whatever the client's encoding, the bytes can be had back.
  const { sql, redacted } = redactSql(text.toString(isUtf8(text) ? 'utf8' : 'latin1'))
  return withJson({
    sql,
    sqlBytes: raw.size,
    // The digest of a text with a password would let its guesses be tested.
    sha256: redacted ? hash('sha256', sql, 'hex') : raw.sha256,
    truncated: bytes.length < raw.size,
    redacted,
    callSite: bytes.length < raw.size ? '' : callSiteIn(sql),
  })
}

const CALL_SITE_MAX = 512

/**
 * The tag of sqlcommenter: a last comment of `key='value'` pairs.
 *
 * @see https://google.github.io/sqlcommenter/spec/
 */
function callSiteIn(sql: string): string {
  if (!/\*\/[\s;]*$/.test(sql.slice(-16))) return ''
  const start = sql.lastIndexOf('/*')
  const comment = sql.slice(start + 2, sql.lastIndexOf('*/'))
  if (start === -1 || comment.length > CALL_SITE_MAX) return ''
  return /^(?:[\w%.-]+='[^']*'(?:,|$))+$/.test(comment.trim()) ? comment.trim() : ''
}

/** What is remembered of a prepared statement, for the records of its executions. */
export function rememberedText(text: SqlText, cap: number): SqlText {
  return text.sql.length <= cap ? text : withSql({ ...text, truncated: true }, '')
}

/** The same with another text in the record. */
export function withSql(text: SqlText, sql: string): SqlText {
  return withJson({ ...text, sql })
}

function withJson(text: Omit<SqlText, 'json'>): SqlText {
  const { sha256, sql, sqlBytes } = text
  return { ...text, json: `,"sha256":"${sha256}","sql":${quote(sql)},"sqlBytes":${sqlBytes}` }
}

/** A text as JSON. */
export function quote(text: string): string {
  return text === '' ? '""' : JSON.stringify(text)
}

/** Steps back over the UTF-8 character that the cap would cut. */
function cutAtCharacter(bytes: Uint8Array, cap: number): Uint8Array {
  let end = cap
  while (end > cap - 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

const PREPARE = /prepare/iy
const DEALLOCATE = /deallocate/iy
const AGAIN = /prepare(?![\w$\u0080-\uffff])/iy
const NAME = /"(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const NAME_BYTES_MAX = 63

/**
 * The name a PREPARE or DEALLOCATE is about, as the protocol would write it, when it is certain:
 * the text is that one command.
 */
export function preparedNameIn({ sql, truncated }: SqlText): string | undefined {
  const start = afterComments(sql, 0)
  const prepare = endOf(PREPARE, sql, start)
  const deallocate = endOf(DEALLOCATE, sql, start)
  const word = prepare ?? deallocate
  if (word === undefined || truncated) return undefined
  let at = afterComments(sql, word)
  const again = prepare === undefined ? endOf(AGAIN, sql, at) : undefined
  if (again !== undefined) {
    const next = afterComments(sql, again)
    if (endOf(NAME, sql, next) !== undefined) at = next
  }
  const end = endOf(NAME, sql, at)
  if (end === undefined) return undefined
  const written = sql.slice(at, end)
  const name = written.startsWith('"')
    ? written.slice(1, -1).replaceAll('""', '"')
    : written.toLowerCase()
  return Buffer.from(name, 'utf8').subarray(0, NAME_BYTES_MAX).toString('latin1')
}

/** Where `pattern`, which is sticky, ends if it matches at `at`. */
function endOf(pattern: RegExp, sql: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(sql) ? pattern.lastIndex : undefined
}

/** The first place from `at` on that is no space and no comment; a megabyte of them is nothing. */
function afterComments(sql: string, from: number): number {
  let at = from
  for (;;) {
    const begin = sql.startsWith('--', at) ? '\n' : sql.startsWith('/*', at) ? '*/' : undefined
    if (begin !== undefined) {
      const end = sql.indexOf(begin, at + 2)
      if (end === -1) return at
      at = end + begin.length
    } else if (isSpace(sql.charCodeAt(at))) at++
    else return at
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}
