/**
 * The PG-effective corpus: payloads put where an application would put a value, as far as PostgreSQL's
 * grammar accepts the result and its tree is not the one that was meant.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSql } from '../../src/protocol/sql/parse.ts'
import { shapeOf } from '../../src/protocol/sql/shape.ts'

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url))

/** A place in a program: `@` is where it puts the value as it stands, `plain` one that is meant. */
export type Context = { readonly text: string; readonly plain: string }

/**
 * Contexts that nobody looked at while the detectors were written: joins, quoted names, JSON, CASE,
 * functions, several rows, DELETE, HAVING, a subquery, a window, OFFSET.
 */
export const heldOut: Readonly<Record<string, Context>> = {
  join: {
    text: `SELECT u.id, c.name FROM users u JOIN clubs c ON c.id = u.club_id WHERE u.email = '@' AND c.open`,
    plain: 'x',
  },
  quoted: {
    text: `SELECT "t0"."id" FROM "public"."Order" AS "t0" WHERE "t0"."ref" = '@' LIMIT 1`,
    plain: 'x',
  },
  json: { text: `SELECT id FROM events WHERE data->>'kind' = '@' AND seen = false`, plain: 'x' },
  case: {
    text: `SELECT CASE WHEN state = '@' THEN 1 ELSE 0 END FROM jobs WHERE queue = 'mail'`,
    plain: 'x',
  },
  call: { text: `SELECT id FROM people WHERE lower(surname) = lower('@')`, plain: 'x' },
  rows: {
    text: `INSERT INTO tags (post, tag) VALUES (4, '@'), (4, 'news') ON CONFLICT DO NOTHING`,
    plain: 'x',
  },
  delete: { text: 'DELETE FROM sessions WHERE user_id = @ AND expired', plain: '1' },
  having: {
    text: 'SELECT club, count(*) FROM visits GROUP BY club HAVING count(*) > @',
    plain: '1',
  },
  nested: {
    text: `SELECT name FROM courts WHERE id IN (SELECT court FROM bookings WHERE owner = '@') ORDER BY name`,
    plain: 'x',
  },
  between: {
    text: 'SELECT sum(total) FROM invoices WHERE year BETWEEN 2020 AND @ AND paid',
    plain: '1',
  },
  offset: { text: 'SELECT id, title FROM posts ORDER BY id LIMIT 20 OFFSET @', plain: '1' },
}

/** Query contexts: `@` is where the application puts the value as it stands. */
export const contexts: Readonly<Record<string, Context>> = {
  string: { text: `SELECT id, name FROM users WHERE name = '@'`, plain: 'x' },
  numeric: { text: 'SELECT id, name FROM products WHERE id = @', plain: '1' },
  like: { text: `SELECT id, title FROM posts WHERE title LIKE '%@%' ORDER BY id`, plain: 'x' },
  parenthesised: {
    text: `SELECT id FROM orders WHERE (customer = '@') AND (state = 'open')`,
    plain: 'x',
  },
  orderBy: { text: 'SELECT id, name FROM members ORDER BY @', plain: 'name' },
  insert: { text: `INSERT INTO comments (author, body) VALUES ('bob', '@')`, plain: 'x' },
  inList: { text: 'SELECT id FROM items WHERE id IN (@)', plain: '1' },
  update: { text: `UPDATE users SET email = '@' WHERE id = 7`, plain: 'x' },
  login: {
    text: `SELECT id FROM users WHERE email = '@' AND password = 'c0ffee'`,
    plain: 'x',
  },
  limit: { text: `SELECT id FROM news WHERE public = true ORDER BY at DESC LIMIT @`, plain: '1' },
}

export const available = (): boolean => existsSync(`${data}README.md`)

export function lines(file: string): readonly string[] {
  return readFileSync(`${data}${file}`, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}

export function regression(): readonly string[] {
  return lines('sql-benign/postgres-regress.jsonl').map((line) => JSON.parse(line) as string)
}

export function inContext(context: string, value: string): string {
  return textOf(context).text.replace('@', () => value)
}

/** Whether the value stands between quotes. */
export function takesText(context: string): boolean {
  return textOf(context).text.includes(`'@'`) || textOf(context).text.includes(`'%@%'`)
}

function textOf(context: string): Context {
  return contexts[context] ?? heldOut[context] ?? { text: '', plain: '' }
}

/** The payloads that are injections in this context. */
export function effective(context: string, payloads: readonly string[]): readonly string[] {
  const meant = shapeIn(context, textOf(context).plain)
  return payloads.filter((payload) => {
    const shape = shapeIn(context, payload)
    return shape !== undefined && shape !== meant
  })
}

function shapeIn(context: string, value: string): string | undefined {
  const parsed = parseSql(inContext(context, value))
  return parsed.kind === 'tree' ? shapeOf(parsed.statements) : undefined
}
