/**
 * What one recorded statement read: which tables, which columns, and the rest of it from FROM on,
 * which can be asked again for other columns of the same rows. Pure.
 *
 * Only what is certain is said. A statement that groups, calls functions, has parameters whose
 * values nobody recorded, or cuts off rows without an order, is `unclear`: it is counted apart.
 *
 * @module
 */
import { functionName, isConstant, listOf, stringConstant, textOf } from '#protocol/sql/nodes.ts'
import { parseSql, walkTree, type Tree } from '#protocol/sql/parse.ts'

export type TableRead = {
  /** As the statement names it, with its schema where it says one. */
  readonly table: string
  /** What the rest of the statement calls it. */
  readonly alias: string
}

export type Read =
  /** No data of a table left. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'setting'; readonly name: string; readonly value: string; local: boolean }
  | { readonly kind: 'begin' | 'commit' | 'rollback' }
  | {
      readonly kind: 'rows'
      readonly tables: readonly TableRead[]
      /** `alias.column`, `alias.*`, or a name alone, which is of whichever table has it. */
      readonly columns: readonly string[]
      /** From the first table on: `members m WHERE …`. */
      readonly tail: string
    }
  | { readonly kind: 'unclear'; readonly why: string }

/** Where rows come from; it may be asked again without doing anything. */
const CALM = new Set(
  (
    'A_Const A_Expr A_Star Alias BoolExpr BooleanTest CaseExpr CaseWhen ColumnRef JoinExpr List ' +
    'NullTest RangeVar ResTarget SelectStmt SortBy String TypeCast TypeName'
  ).split(' '),
)
/** In the list of columns it is not asked again, so more may stand there. */
const CALM_TARGET =
  /^(FuncCall|CoalesceExpr|MinMaxExpr|A_ArrayExpr|CollateClause|SQLValueFunction)$/
const AGGREGATE =
  /^(count|sum|avg|min|max|every|bool_\w+|bit_\w+|\w*_agg|\w*agg\w*|stddev\w*|var\w*)$/

export function readOf(sql: string, parameters: number): Read {
  const parsed = parseSql(sql)
  if (parsed.kind !== 'tree') return unclear('the statement cannot be parsed')
  const [statement, ...more] = parsed.statements
  if (!statement) return { kind: 'nothing' }
  if (more.length > 0) return unclear('several statements in one text')
  const [type = '', node] = Object.entries(statement)[0] ?? []
  const tree = node as Tree
  if (type === 'VariableSetStmt') return settingOf(tree)
  if (type === 'TransactionStmt') return transactionOf(tree)
  if (type === 'DiscardStmt') return unclear('settings were discarded')
  if (type === 'CopyStmt') return copyOf(tree, sql)
  if (type === 'SelectStmt') return selectOf(tree, sql, parameters)
  if (
    /^(Insert|Update|Delete|Merge)Stmt$/.test(type) &&
    !JSON.stringify(tree).includes('"returning')
  )
    return { kind: 'nothing' }
  if (/^(ExplainStmt|VariableShowStmt|ListenStmt|LockStmt)$/.test(type)) return { kind: 'nothing' }
  return unclear('a statement of another kind')
}

function settingOf(tree: Tree): Read {
  const name = textOf(tree['name']).toLowerCase()
  if (/^(role|session_authorization)$/.test(name)) return unclear('the role was changed')
  if (!isOfTheApplication(name)) return { kind: 'nothing' }
  const [value] = listOf(tree['args'])
  const text = stringConstant(value) ?? numberIn(value)
  if (tree['kind'] === 'VAR_RESET') return { kind: 'setting', name, value: '', local: false }
  if (text === undefined) return unclear(`the value of ${name} is not known`)
  return { kind: 'setting', name, value: text, local: tree['is_local'] === true }
}

/** Settings with a dot are the application's own: row security may ask for them. */
function isOfTheApplication(name: string): boolean {
  return name.includes('.') || name === 'search_path' || name === 'row_security'
}

function numberIn(tree: Tree | undefined): string | undefined {
  const constant = tree?.['A_Const'] as Tree | undefined
  const value = constant?.['ival'] as { readonly ival?: number } | undefined
  return value === undefined ? undefined : String(value.ival ?? 0)
}

function transactionOf(tree: Tree): Read {
  const kind = textOf(tree['kind'])
  if (/BEGIN$|START$/.test(kind)) return { kind: 'begin' }
  if (kind.endsWith('STMT_COMMIT')) return { kind: 'commit' }
  if (kind.endsWith('STMT_ROLLBACK')) return { kind: 'rollback' }
  if (/SAVEPOINT|ROLLBACK_TO|PREPARE/.test(kind)) return unclear('part of a transaction was undone')
  return { kind: 'nothing' }
}

function copyOf(tree: Tree, sql: string): Read {
  if (tree['is_from'] === true) return { kind: 'nothing' }
  const query = tree['query'] as Tree | undefined
  const relation = tree['relation'] as Tree | undefined
  if (query || !relation) return unclear('COPY of a query')
  const name = nameOf(relation)
  const listed = listOf(tree['attlist']).map((one) => textOf((one['String'] as Tree)['sval']))
  const alias = textOf(relation['relname'])
  const columns = listed.length > 0 ? listed.map((one) => `${alias}.${one}`) : [`${alias}.*`]
  if (sql.includes('\0') || tree['whereClause'] !== undefined) return unclear('COPY with WHERE')
  return { kind: 'rows', tables: [{ table: name, alias }], columns, tail: name }
}

function selectOf(tree: Tree, sql: string, parameters: number): Read {
  const from = listOf(tree['fromClause'])
  const targets = listOf(tree['targetList'])
  if (from.length === 0 && tree['op'] === 'SETOP_NONE') return withoutTable(tree, targets)
  if (parameters > 0) return unclear('the values of its parameters were not recorded')
  const why = strangeness(tree, targets)
  if (why !== undefined) return unclear(why)
  const tables: TableRead[] = []
  const columns: string[] = []
  let start = Infinity
  walkTree(from, (type, node) => {
    if (type !== 'RangeVar') return
    start = Math.min(start, Number(node['location'] ?? 0))
    const alias = textOf((node['alias'] as Tree | undefined)?.['aliasname'])
    tables.push({ table: nameOf(node), alias: alias || textOf(node['relname']) })
  })
  walkTree(targets, (type, node) => {
    if (type === 'ColumnRef') columns.push(columnOf(node))
  })
  const bytes = Buffer.from(sql)
  if (!/\bfrom\s+$/i.test(bytes.subarray(0, start).toString()))
    return unclear('its FROM does not begin with a table')
  const tail = bytes.subarray(start).toString().replace(/;\s*$/, '')
  return { kind: 'rows', tables, columns, tail }
}

function withoutTable(tree: Tree, targets: readonly Tree[]): Read {
  const [only] = targets
  const call = ((only?.['ResTarget'] as Tree | undefined)?.['val'] as Tree | undefined)?.[
    'FuncCall'
  ]
  if (targets.length !== 1 || !call) {
    return JSON.stringify(tree).includes('"FuncCall"') || JSON.stringify(tree).includes('SubLink')
      ? unclear('it calls a function')
      : { kind: 'nothing' }
  }
  if (functionName(call as Tree) !== 'set_config') {
    const harmless = /^(now|version|current_\w+|pg_backend_pid|txid_current)$/
    return harmless.test(functionName(call as Tree))
      ? { kind: 'nothing' }
      : unclear('it calls a function')
  }
  const [name, value, local] = listOf((call as Tree)['args'])
  const [setting, text] = [stringConstant(name)?.toLowerCase(), stringConstant(value)]
  if (setting === undefined) return unclear('a setting that is not known')
  if (/^(role|session_authorization)$/.test(setting)) return unclear('the role was changed')
  if (!isOfTheApplication(setting)) return { kind: 'nothing' }
  if (text === undefined) return unclear(`the value of ${setting} was not recorded`)
  const isLocal = JSON.stringify(local ?? '').includes('"boolval":true')
  return { kind: 'setting', name: setting, value: text, local: isLocal }
}

/** Why the rows of a SELECT cannot be told for certain. */
function strangeness(tree: Tree, targets: readonly Tree[]): string | undefined {
  if (tree['op'] !== 'SETOP_NONE') return 'it combines several queries'
  for (const [field, why] of [
    ['groupClause', 'it groups rows'],
    ['distinctClause', 'it leaves out equal rows'],
    ['havingClause', 'it groups rows'],
    ['withClause', 'it has a WITH'],
    ['windowClause', 'it has a window'],
    ['lockingClause', 'it locks rows'],
    ['intoClause', 'it makes a table'],
  ] as const) {
    if (tree[field] !== undefined) return why
  }
  const cut = tree['limitCount'] !== undefined || tree['limitOffset'] !== undefined
  const order = listOf(tree['sortClause'])
  if (cut && order.length === 0) return 'it cuts off rows without an order'
  const byPlace = order.some((one) => isConstant((one['SortBy'] as Tree | undefined)?.['node']))
  if (byPlace) return 'it sorts by the place of a column'
  let why: string | undefined
  walkTree(targets, (type, node) => {
    if (type === 'FuncCall' && AGGREGATE.test(functionName(node))) why = 'it adds up rows'
    else if (!CALM.has(type) && !CALM_TARGET.test(type)) why = `it has a ${type}`
  })
  walkTree({ from: tree['fromClause'], where: tree['whereClause'], order }, (type) => {
    if (!CALM.has(type)) why = `it has a ${type} in its conditions`
  })
  return why
}

function columnOf(node: Tree): string {
  return listOf(node['fields'])
    .map((field) => textOf((field['String'] as Tree | undefined)?.['sval']) || '*')
    .join('.')
}

function nameOf(node: Tree): string {
  const parts = [textOf(node['schemaname']), textOf(node['relname'])]
  return parts
    .filter((part) => part !== '')
    .map((part) => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join('.')
}

function unclear(why: string): Read {
  return { kind: 'unclear', why }
}
