/**
 * Tables and columns a role may not name, looked for in the parse tree. No I/O.
 *
 * Where a column is withheld, so is everything that would bring it along: `*`, the whole row under
 * the table's name or alias, COPY and INSERT without a list of columns. What runs inside the server
 * (views, functions) is not seen: there, grants are the control.
 *
 * @module
 */
import type { Tree } from '#protocol/sql/parse.ts'
import type { Withheld } from './config.ts'

/** What a statement names. */
export type Named = {
  /** Schema or undefined, and name, of each table. */
  readonly tables: { schema: string | undefined; name: string; alias: string | undefined }[]
  /** Names of columns read or written, and of whole rows. */
  readonly columns: Set<string>
  /** A `*`, or a COPY or INSERT of all columns. */
  everything: boolean
}

const DEPTH_MAX = 2_000

export function namedIn(statement: Tree): Named {
  const named: Named = { tables: [], columns: new Set(), everything: false }
  collect(statement, named, 0)
  return named
}

/** Whether something withheld is among what a statement names. */
export function isWithheld(named: Named, withheld: Withheld): boolean {
  const [name = '', schema] = withheld.table.split('.').toReversed()
  const tables = named.tables.filter(
    (table) =>
      table.name === name &&
      (schema === undefined || table.schema === undefined || table.schema === schema),
  )
  if (tables.length === 0) return false
  const { columns } = withheld
  if (columns.length === 0 || named.everything) return true
  const rows = tables.flatMap((table) => [table.name, table.alias ?? table.name])
  return [...columns, ...rows].some((column) => named.columns.has(column))
}

function collect(tree: unknown, named: Named, depth: number): void {
  if (depth > DEPTH_MAX) {
    named.everything = true // too deep to know
    return
  }
  if (Array.isArray(tree)) {
    for (const item of tree) collect(item, named, depth + 1)
    return
  }
  if (typeof tree !== 'object' || tree === null) return
  const node = tree as Tree
  if (typeof node['relname'] === 'string') {
    const schema = node['schemaname']
    const alias = (node['alias'] as Tree | undefined)?.['aliasname']
    named.tables.push({
      schema: typeof schema === 'string' ? schema : undefined,
      name: node['relname'],
      alias: typeof alias === 'string' ? alias : undefined,
    })
  }
  for (const [type, below] of Object.entries(node)) {
    if (type === 'A_Star') named.everything = true
    if (type === 'ColumnRef') noteNames((below as Tree)['fields'], named)
    if (type === 'ResTarget') noteName((below as Tree)['name'], named)
    if (type === 'CopyStmt') noteList((below as Tree)['attlist'], named)
    if (type === 'InsertStmt') noteInsert(below as Tree, named)
    collect(below, named, depth + 1)
  }
}

function noteNames(fields: unknown, named: Named): void {
  if (!Array.isArray(fields)) return
  for (const field of fields) {
    noteName(((field as Tree)['String'] as Tree | undefined)?.['sval'], named)
  }
}

function noteName(name: unknown, named: Named): void {
  if (typeof name === 'string') named.columns.add(name)
}

function noteList(list: unknown, named: Named): void {
  if (Array.isArray(list)) noteNames(list, named)
  else named.everything = true
}

function noteInsert(insert: Tree, named: Named): void {
  if (!Array.isArray(insert['cols'])) named.everything = true
}
