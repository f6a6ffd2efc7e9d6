/**
 * PostgreSQL's own parser, behind a door that bounds what it is given and what it may answer.
 *
 * Only `parseSync` is used: the library's fingerprint, normalize and scan functions return some
 * error texts as if they were results, and broken quotes are among them.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { loadModule, parseSync, SqlError } from 'libpg-query'
import { remembered } from '#lib/remembered.ts'
import { isTooDeep } from './depth.ts'

/** A node of PostgreSQL's parse tree: one key, its type, or the fields below it. */
export type Tree = { readonly [field: string]: unknown }

export type Parsed =
  | { readonly kind: 'tree'; readonly statements: readonly Tree[] }
  | { readonly kind: 'syntax-error'; readonly message: string }
  /** Not looked at: a NUL hides what follows it, a long or deep text would hold up all others. */
  | { readonly kind: 'refused'; readonly reason: 'NUL' | 'TOO_LONG' | 'TOO_DEEP' }

/** Characters of a statement that is parsed: 1 MiB takes some 30 ms. */
export const PARSE_CHARS_MAX = 1_048_576

/** Loads the parser, once for a process; everything below needs it. */
export async function loadSqlParser(): Promise<void> {
  await loadModule()
}

/** The parse tree of a text of one or more statements. Throws nothing. */
export function parseSql(sql: string): Parsed {
  if (sql.length > PARSE_CHARS_MAX) return { kind: 'refused', reason: 'TOO_LONG' }
  if (sql === '') return { kind: 'tree', statements: [] } // how drivers ping; libpg-query throws
  if (sql.includes('\0')) return { kind: 'refused', reason: 'NUL' }
  if (isTooDeep(sql)) return { kind: 'refused', reason: 'TOO_DEEP' }
  try {
    const { stmts = [] } = parseSync(sql) as { stmts?: readonly { stmt?: Tree }[] }
    return { kind: 'tree', statements: stmts.flatMap(({ stmt }) => (stmt ? [stmt] : [])) }
  } catch (error) {
    // What is no SqlError is no verdict on the text: the parser itself failed.
    if (error instanceof SqlError) return { kind: 'syntax-error', message: error.message }
    assert(stillParses(), 'the SQL parser is damaged; only a new process has a sound one')
    return { kind: 'refused', reason: 'TOO_DEEP' }
  }
}

/** Out of stack or memory, WebAssembly is left as it was that moment, perhaps for ever. */
function stillParses(): boolean {
  try {
    parseSync('SELECT 1')
    return true
  } catch {
    return false // whatever it says
  }
}

/** A parser that remembers the last texts it was given, up to `entriesMax`. */
export function cachedParser(entriesMax: number, textMax: number): (sql: string) => Parsed {
  return remembered(parseSql, { entriesMax, textMax })
}

/** Calls `visit` for every node below, with its type. A node is an object under a capital name. */
export function walkTree(tree: unknown, visit: (type: string, node: Tree) => void): void {
  walkObjects(tree, (name, node) => {
    if (isType(name)) visit(name, node)
  })
}

/** Calls `visit` for every object below, with the name it stands under, a node's type or not. */
export function walkObjects(tree: unknown, visit: (name: string, node: Tree) => void): void {
  if (Array.isArray(tree)) {
    for (const item of tree) walkObjects(item, visit)
    return
  }
  if (typeof tree !== 'object' || tree === null) return
  for (const name in tree) {
    const below = (tree as Tree)[name]
    if (typeof below !== 'object' || below === null) continue
    if (!Array.isArray(below)) visit(name, below as Tree)
    walkObjects(below, visit)
  }
}

function isType(name: string): boolean {
  const first = name.charCodeAt(0)
  return first >= 0x41 && first <= 0x5a
}
