/**
 * The PG-effective corpus: payloads put where an application would put a value, as far as PostgreSQL's
 * grammar accepts the result and its tree is not the one that was meant.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSql } from '../../src/protocol/sql/parse.ts'
import { shapeOf } from '../../src/protocol/sql/shape.ts'

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url))

/** Query contexts: `@` is where the application puts the value as it stands. */
export const contexts: Readonly<Record<string, { readonly text: string; readonly plain: string }>> =
  {
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
  return (contexts[context]?.text ?? '').replace('@', () => value)
}

/** The payloads that are injections in this context. */
export function effective(context: string, payloads: readonly string[]): readonly string[] {
  const meant = shapeIn(context, contexts[context]?.plain ?? '')
  return payloads.filter((payload) => {
    const shape = shapeIn(context, payload)
    return shape !== undefined && shape !== meant
  })
}

function shapeIn(context: string, value: string): string | undefined {
  const parsed = parseSql(inContext(context, value))
  return parsed.kind === 'tree' ? shapeOf(parsed.statements) : undefined
}
