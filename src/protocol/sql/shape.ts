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
const REPEATING: ReadonlySet<string> = new Set(['items', 'valuesLists', 'elements', 'args'])

function write(value: unknown, field: string, out: string[]): void {
  if (Array.isArray(value)) return writeList(value, field, out)
  if (typeof value !== 'object' || value === null) {
    out.push(String(value))
    return
  }
  for (const name in value) {
    if (POSITIONS.has(name)) continue
    const below = (value as Tree)[name]
    out.push(name)
    if (name === 'A_Const') out.push(constantKind(below as Tree))
    else if (name === 'ParamRef') out.push('$')
    else write(below, name, out)
  }
  out.push('.')
}

function writeList(values: readonly unknown[], field: string, out: string[]): void {
  const repeats = REPEATING.has(field)
  let last = -1 // where the item before begins, of those that were kept
  out.push('[')
  for (const value of values) {
    const start = out.length
    write(value, '', out)
    if (repeats && last >= 0 && isSame(out, last, start)) out.length = start
    else last = start
  }
  out.push(']')
}

/** Whether what was written from `start` on says the same as what was before, and is a value. */
function isSame(out: readonly string[], before: number, start: number): boolean {
  if (out.length - start !== start - before) return false
  let hasValue = false
  for (let at = start; at < out.length; at++) {
    const word = out[at]
    if (word !== out[before + at - start]) return false
    if (word === 'A_Const' || word === 'ParamRef') hasValue = true
  }
  return hasValue
}

/** Where a node stands in the text. */
const POSITIONS: ReadonlySet<string> = new Set([
  'location',
  'stmt_location',
  'stmt_len',
  'rexpr_list_start',
  'rexpr_list_end',
  'list_start',
  'list_end',
])

export function constantKind(constant: Tree): 'string' | 'number' | 'boolean' | 'bits' | 'null' {
  if ('sval' in constant) return 'string'
  if ('boolval' in constant) return 'boolean'
  if ('bsval' in constant) return 'bits'
  if ('isnull' in constant) return 'null'
  return 'number'
}
