/**
 * The strict shape of a statement: PostgreSQL's parse tree with every constant reduced to its kind.
 *
 * Order, aliases, casts and names stay, so that `OR true`, `LIMIT ALL` or a cast make another
 * shape, which PostgreSQL's own fingerprint would not. Lists that differ only in length are one.
 *
 * @module
 */
import { hash } from 'node:crypto'
import type { Tree } from './parse.ts'

/** Digest of the shape, 16 hexadecimal digits. */
export function shapeOf(statements: readonly Tree[]): string {
  const out: string[] = []
  write(statements, '', out)
  return hash('sha256', out.join(' '), 'hex').slice(0, 16)
}

/** Where a run of equal forms counts once: the length is data. */
const repeating = new Set(['items', 'valuesLists', 'elements', 'args'])

function write(value: unknown, field: string, out: string[]): void {
  if (Array.isArray(value)) return writeList(value, field, out)
  if (typeof value !== 'object' || value === null) {
    out.push(String(value))
    return
  }
  for (const [name, below] of Object.entries(value)) {
    if (isPosition(name)) continue
    out.push(name)
    if (name === 'A_Const') out.push(constantKind(below as Tree))
    else if (name === 'ParamRef') out.push('$')
    else write(below, name, out)
  }
  out.push('.')
}

function writeList(values: readonly unknown[], field: string, out: string[]): void {
  let last = ''
  out.push('[')
  for (const value of values) {
    const item: string[] = []
    write(value, '', item)
    const text = item.join(' ')
    if (repeating.has(field) && text === last && /A_Const|ParamRef/.test(text)) continue
    last = text
    out.push(text)
  }
  out.push(']')
}

function isPosition(name: string): boolean {
  return (
    name === 'location' ||
    name === 'stmt_location' ||
    name === 'stmt_len' ||
    name === 'rexpr_list_start' ||
    name === 'rexpr_list_end' ||
    name === 'list_start' ||
    name === 'list_end'
  )
}

export function constantKind(constant: Tree): 'string' | 'number' | 'boolean' | 'bits' | 'null' {
  if ('sval' in constant) return 'string'
  if ('boolval' in constant) return 'boolean'
  if ('bsval' in constant) return 'bits'
  if ('isnull' in constant) return 'null'
  return 'number'
}
