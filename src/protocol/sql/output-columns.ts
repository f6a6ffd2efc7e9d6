/**
 * Of which columns of which tables the rows of a statement are made, by the words of the statement.
 *
 * A result says this itself for columns that are a table's own (RowDescription). Of an expression,
 * and of what COPY sends, it says nothing: there the parse tree is all there is. What it names is
 * not what exists: `email` of two tables may be either's, and both are given.
 *
 * @module
 */
import type { Tree } from './parse.ts'

/** A column that goes into a result. */
export type Source = {
  readonly schema: string | undefined
  readonly table: string
  /** Undefined for all columns of the table. */
  readonly column: string | undefined
}

/** One column of a result. */
export type Output = {
  /** As others call it; undefined where `*` stands for many. */
  readonly name: string | undefined
  readonly sources: readonly Source[]
  /** Made by an expression: the result does not say of what. */
  readonly isDerived: boolean
}

/** Something rows come from: a table, or a query under a name. */
type Origin = {
  readonly alias: string
  readonly table?: { readonly schema: string | undefined; readonly name: string }
  readonly outputs?: readonly Output[]
}

/** What names mean at some place in a statement. */
type Scope = {
  readonly origins: readonly Origin[]
  /** Queries of WITH, by name. */
  readonly queries: ReadonlyMap<string, readonly Output[]>
  readonly outer: Scope | undefined
}

const NOWHERE: Scope = { origins: [], queries: new Map(), outer: undefined }
const DEPTH_MAX = 100
/** PostgreSQL has 1,664 columns at most; queries of queries could double theirs without end. */
const OUTPUTS_MAX = 2_000
const SOURCES_MAX = 2_000
const NONE: readonly Output[] = []

/** The columns that a statement sends to its client, be it by RETURNING or by COPY. */
export function outputsOf(statement: Tree): readonly Output[] {
  const [[type, body] = ['', {}]] = Object.entries(statement)
  const node = body as Tree
  switch (type) {
    case 'SelectStmt':
      return ofSelect(node, NOWHERE, 0)
    case 'CopyStmt':
      return ofCopy(node)
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt':
      return ofReturning(node)
    default:
      return NONE
  }
}

function ofCopy(node: Tree): readonly Output[] {
  if (node['is_from'] === true) return NONE
  const query = node['query'] as Tree | undefined
  if (query) return outputsOf(query)
  const { schema, name: table } = tableOf(node['relation'] as Tree)
  const names = listOf(node['attlist']).map(nameIn)
  const columns = names.length === 0 ? [undefined] : names
  return columns.map((column) => {
    return { name: column, sources: [{ schema, table, column }], isDerived: false }
  })
}

function ofReturning(node: Tree): readonly Output[] {
  const clause = node['returningClause'] as Tree | undefined
  const targets = listOf(node['returningList'] ?? clause?.['exprs'])
  if (targets.length === 0) return NONE
  const queries = queriesOf(node['withClause'], NOWHERE, 0)
  const around = { origins: [], queries, outer: undefined }
  const from = [...listOf(node['fromClause']), ...listOf(node['usingClause'])]
  const origins = [
    ...originsOf({ RangeVar: node['relation'] }, around, 0),
    ...from.flatMap((item) => originsOf(item, around, 0)),
  ]
  return ofTargets(targets, { ...around, origins }, 0)
}

function ofSelect(select: Tree, outer: Scope, depth: number): readonly Output[] {
  if (depth > DEPTH_MAX) return NONE
  const queries = queriesOf(select['withClause'], outer, depth)
  const around: Scope = { origins: [], queries, outer }
  const { larg, rarg } = select
  if (larg && rarg) {
    const left = ofSelect(larg as Tree, around, depth + 1)
    const right = ofSelect(rarg as Tree, around, depth + 1)
    return left.map((output, at) => merged(output, right[at]))
  }
  const origins = listOf(select['fromClause']).flatMap((item) => originsOf(item, around, depth))
  const scope: Scope = { ...around, origins }
  const rows = listOf(select['valuesLists'])
  if (rows.length > 0) return rows.map((row) => derived(undefined, row, scope, depth))
  return ofTargets(listOf(select['targetList']), scope, depth)
}

function merged(one: Output, other: Output | undefined): Output {
  if (!other) return one
  return {
    name: one.name,
    sources: distinct([...one.sources, ...other.sources]),
    isDerived: true, // of a UNION the result says nothing either
  }
}

function queriesOf(
  clause: unknown,
  outer: Scope,
  depth: number,
): ReadonlyMap<string, readonly Output[]> {
  const ctes = listOf((clause as Tree | undefined)?.['ctes'])
  const queries = new Map<string, readonly Output[]>()
  if (depth > DEPTH_MAX) return queries
  const scope: Scope = { origins: [], queries, outer } // each sees those before it
  for (const { CommonTableExpr } of ctes) {
    const { ctename, ctequery, aliascolnames } = (CommonTableExpr ?? {}) as Tree
    const select = (ctequery as Tree | undefined)?.['SelectStmt'] as Tree | undefined
    const outputs = select
      ? ofSelect(select, scope, depth + 1)
      : outputsOf((ctequery ?? {}) as Tree)
    queries.set(word(ctename) ?? '', renamed(outputs, aliascolnames))
  }
  return queries
}

function originsOf(item: Tree, around: Scope, depth: number): readonly Origin[] {
  if (depth > DEPTH_MAX) return []
  const { RangeVar, RangeSubselect, JoinExpr } = item as Readonly<Record<string, Tree | undefined>>
  if (RangeVar) {
    const table = tableOf(RangeVar)
    const { alias } = RangeVar as { alias?: Tree }
    const name = word(alias?.['aliasname']) ?? table.name
    const query = table.schema === undefined ? queryOf(table.name, around) : undefined
    if (!query) return [{ alias: name, table }]
    return [{ alias: name, outputs: renamed(query, alias?.['colnames']) }]
  }
  if (RangeSubselect) {
    const { alias, subquery } = RangeSubselect as { alias?: Tree; subquery?: Tree }
    const select = subquery?.['SelectStmt'] as Tree | undefined
    const outputs = select ? ofSelect(select, around, depth + 1) : NONE
    const name = word(alias?.['aliasname']) ?? ''
    return [{ alias: name, outputs: renamed(outputs, alias?.['colnames']) }]
  }
  if (!JoinExpr) return []
  const { larg, rarg } = JoinExpr
  return [larg, rarg].flatMap((side) => originsOf((side ?? {}) as Tree, around, depth + 1))
}

function queryOf(name: string, scope: Scope | undefined): readonly Output[] | undefined {
  for (let at = scope; at; at = at.outer) {
    const found = at.queries.get(name)
    if (found) return found
  }
  return undefined
}

function renamed(outputs: readonly Output[], names: unknown): readonly Output[] {
  const given = listOf(names).map(nameIn)
  return outputs.map((output, at) => ({ ...output, name: given[at] ?? output.name }))
}

function ofTargets(targets: readonly Tree[], scope: Scope, depth: number): readonly Output[] {
  const outputs = targets.flatMap((target) => {
    const { name, val } = (target['ResTarget'] ?? {}) as Tree
    const column = (val as Tree | undefined)?.['ColumnRef'] as Tree | undefined
    const called = word(name)
    if (!column) return [derived(called, val, scope, depth)]
    const fields = listOf(column['fields'])
    if (fields.at(-1)?.['A_Star']) return everything(fields.slice(0, -1).map(nameIn), scope)
    return [{ ...ofColumn(fields.map(nameIn), scope), name: called ?? nameIn(fields.at(-1)) }]
  })
  return outputs.slice(0, OUTPUTS_MAX)
}

/** `*`, or `name.*`. */
function everything(path: readonly (string | undefined)[], scope: Scope): readonly Output[] {
  const alias = path.at(-1)
  const origins = scope.origins.filter((origin) => alias === undefined || origin.alias === alias)
  const outputs = origins.flatMap(
    ({ table, outputs: made }) => made ?? (table ? [whole(table)] : NONE),
  )
  return outputs.slice(0, OUTPUTS_MAX)
}

function whole({ schema, name }: NonNullable<Origin['table']>): Output {
  const sources = [{ schema, table: name, column: undefined }]
  return { name: undefined, sources, isDerived: false }
}

/** A column by its path: name, table.name, schema.table.name; or a whole row by its table's. */
function ofColumn(path: readonly (string | undefined)[], scope: Scope): Output {
  const column = path.at(-1)
  const alias = path.at(-2)
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const near = at.origins.filter((origin) => alias === undefined || origin.alias === alias)
    const rows = alias === undefined ? at.origins.filter((origin) => origin.alias === column) : []
    const found = [
      ...near.flatMap((origin) => columnOf(origin, column)),
      ...rows.flatMap(({ table, outputs }) =>
        derivedFrom(outputs ?? (table ? [whole(table)] : NONE)),
      ),
    ]
    const isDerived = rows.length > 0 || found.some((output) => output.isDerived)
    const sources = distinct(found.flatMap((output) => output.sources))
    if (found.length > 0) return { name: column, sources, isDerived }
  }
  return { name: column, sources: [], isDerived: false }
}

function columnOf({ table, outputs }: Origin, column: string | undefined): readonly Output[] {
  if (table) {
    const { schema, name } = table
    return [{ name: column, sources: [{ schema, table: name, column }], isDerived: false }]
  }
  const all = outputs ?? NONE
  const named = all.filter((output) => output.name === column)
  if (named.length > 0) return named
  // Among all columns of a table, which are not known by name here, it may be that one.
  return all
    .filter((output) => output.name === undefined)
    .map((output) => ({
      ...output,
      sources: output.sources.map((source) => ({ ...source, column: source.column ?? column })),
    }))
}

function derivedFrom(outputs: readonly Output[]): readonly Output[] {
  return outputs.map((output) => ({ ...output, isDerived: true }))
}

/** An expression: of all columns in it, but not of those that are only counted or asked for. */
function derived(
  name: string | undefined,
  expression: unknown,
  scope: Scope,
  depth: number,
): Output {
  const sources: Source[] = []
  const walk = (tree: unknown, level: number): void => {
    if (level > DEPTH_MAX || typeof tree !== 'object' || tree === null) return
    if (Array.isArray(tree)) return tree.forEach((item) => walk(item, level + 1))
    for (const [type, below] of Object.entries(tree)) {
      const node = below as Tree
      if (type === 'ColumnRef') {
        const fields = listOf(node['fields'])
        const outputs = fields.at(-1)?.['A_Star']
          ? everything(fields.slice(0, -1).map(nameIn), scope)
          : [ofColumn(fields.map(nameIn), scope)]
        sources.push(...outputs.flatMap((output) => output.sources))
      } else if (type === 'SubLink') {
        if (node['subLinkType'] === 'EXISTS_SUBLINK') continue
        const select = (node['subselect'] as Tree | undefined)?.['SelectStmt'] as Tree | undefined
        const outputs = select ? ofSelect(select, scope, depth + level + 1) : NONE
        sources.push(...outputs.flatMap((output) => output.sources))
      } else if (type !== 'FuncCall' || !isCount(node)) walk(below, level + 1)
    }
  }
  walk(expression, 0)
  return { name, sources: distinct(sources), isDerived: true }
}

function distinct(sources: readonly Source[]): readonly Source[] {
  if (sources.length < 2) return sources
  const known = new Map(sources.map((each) => [JSON.stringify(Object.values(each)), each]))
  return [...known.values()].slice(0, SOURCES_MAX)
}

/** How many there are says nothing of one. */
function isCount(call: Tree): boolean {
  return listOf(call['funcname']).map(nameIn).at(-1) === 'count'
}

function tableOf(range: Tree): { schema: string | undefined; name: string } {
  return { schema: word(range['schemaname']), name: word(range['relname']) ?? '' }
}

function word(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function listOf(list: unknown): readonly Tree[] {
  return Array.isArray(list) ? (list as readonly Tree[]) : []
}

function nameIn(node: Tree | undefined): string | undefined {
  return word((node?.['String'] as Tree | undefined)?.['sval'])
}
