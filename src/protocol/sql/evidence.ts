/**
 * What speaks of injection in a statement's tree, whoever says it.
 *
 * @module
 */
import { foreignFunction, foreignTable } from './foreign.ts'
import {
  columnText,
  functionName,
  isConstant,
  listOf,
  operatorName,
  refersToColumn,
  textOf,
} from './nodes.ts'
import type { Tree } from './parse.ts'
import { signs } from './signs.ts'
import { textSigns } from './text-signs.ts'

/** The signs that a parsed text bears beside those of its nodes. */
export function signsOfText(sql: string, statements: readonly Tree[]): number {
  const stacked = statements.length > 1 && !statements.every(isBatched) ? signs.stacked : 0
  return stacked | textSigns(sql)
}

/** What drivers send together: settings, transactions, and rows to write. */
function isBatched(statement: Tree): boolean {
  const [type = ''] = Object.keys(statement)
  return /^(TransactionStmt|VariableSetStmt|InsertStmt|CreateStmt|IndexStmt|Create\w+)$/.test(type)
}

const SLEEP = /^pg_sleep(_for|_until)?$/
const DANGEROUS = new RegExp(
  String.raw`^(pg_(read|stat|write|ls)_\w*(file|dir)\w*|pg_file_\w+|lo_(import|export)|dblink\w*|` +
    String.raw`(query|database|table|schema|cursor)_to_xml\w*|pg_(terminate_backend|reload_conf))$`,
)
const PROBING =
  /^(version|current_database|current_schemas?|inet_server_addr|pg_postmaster_start_time)$/
const CODES = /^(chr|ascii)$/

const PRODUCT_MIN = 3

/** Is shown every object of a tree; remembers above all what stands beside what. */
export class SignReader {
  found = 0
  /** First conditions that are always the same, as query builders begin: WHERE 1=1 AND … */
  readonly #begins = new WeakSet<Tree>()

  /** @param name The node's type, or the field it stands in. */
  see(name: string, node: Tree): void {
    switch (name) {
      case 'SelectStmt':
      case 'larg':
      case 'rarg':
        return this.#select(node)
      case 'UpdateStmt':
      case 'DeleteStmt':
        return this.#condition(node['whereClause'])
      case 'BoolExpr':
        return this.#booleans(node)
      case 'A_Expr':
        return this.#operation(node)
      case 'FuncCall':
        return this.#call(functionName(node), node)
      case 'SubLink':
        return this.#subquery(node)
      case 'CaseExpr':
        return this.#cases(node)
      case 'TypeCast':
        return this.#cast(node)
      case 'RangeVar':
        return this.#table(node)
      default:
        return undefined
    }
  }

  #select(node: Tree): void {
    this.#condition(node['whereClause'])
    this.#condition(node['havingClause'])
    if (node['groupClause'] !== undefined && isTruth(node['havingClause']))
      this.found |= signs.andTruth
    const [larg, rarg] = [node['larg'], node['rarg']] as readonly (Tree | undefined)[]
    if (larg && rarg) this.#union(larg, rarg)
    const width = widthOf(node)
    for (const item of listOf(node['sortClause'])) {
      const by = (item['SortBy'] as Tree | undefined)?.['node'] as Tree | undefined
      const number = integerOf(by)
      if (number !== undefined && width !== undefined && number > width)
        this.found |= signs.sortBeyond
    }
    if (countsForTime(node)) this.found |= signs.busyWork
  }

  #union(left: Tree, right: Tree): void {
    const [wide, other] = [widthOf(left), widthOf(right)]
    if (wide !== undefined && other !== undefined && wide !== other) this.found |= signs.unionMisfit
    const reads = firstArm(left)['fromClause'] !== undefined
    const targets = listOf(right['targetList'])
    const empty = right['fromClause'] === undefined && targets.length > 0
    if (reads && empty) this.found |= signs.unionConstants
    else if (reads && targets.filter(isConstantTarget).length * 2 > targets.length)
      this.found |= signs.unionConstants
  }

  #condition(expression: unknown): void {
    const all = (expression as Tree | undefined)?.['BoolExpr'] as Tree | undefined
    const first = all?.['boolop'] === 'AND_EXPR' ? listOf(all['args'])[0] : undefined
    if (first && isTruth(first)) this.#begins.add(first)
    if (isTruth(expression)) this.found |= signs.truth
    else if (isConstant(expression) && !isBoolean(expression)) this.found |= signs.constantCondition
  }

  #booleans(node: Tree): void {
    const args = listOf(node['args'])
    const either = node['boolop'] === 'OR_EXPR'
    for (const [at, arg] of args.entries()) {
      if (isConstant(arg) && !isBoolean(arg) && !this.#begins.has(arg))
        this.found |= signs.constantCondition
      if (isNoCondition(arg)) this.found |= signs.impossible
      if (isColumnless(arg)) this.found |= signs.columnless
      if (!isTruth(arg)) continue
      const beside = either ? signs.orTruth : signs.andTruth
      this.found |= at === 0 && !either ? signs.truth : beside
    }
  }

  #operation(node: Tree): void {
    const [left, right] = [node['lexpr'], node['rexpr']] as readonly (Tree | undefined)[]
    const operator = operatorName(node)
    if (operator === '||') {
      if (isConstant(left) && isConstant(right)) this.found |= signs.joinedConstants
      if (callsCodes(left) && callsCodes(right)) this.found |= signs.characterCodes
      const [first, second] = isEmptyText(left) ? [left, right] : [right, left]
      if (isEmptyText(first) && !refersToColumn(second)) this.found |= signs.joinedConstants
      return
    }
    if (/^[-+*/%^&|#]$/.test(operator)) {
      if (left && isConstant(left) && isConstant(right)) this.found |= signs.constantArithmetic
      const both = isConstant(left) && isConstant(right)
      const subtracts = /^[-+]$/.test(operator) && !both // from a JSON document: a key
      if ((isText(left) || isText(right)) && !subtracts && node['kind'] === 'AEXPR_OP')
        this.found |= signs.textArithmetic
      if (isText(right) && isText(firstOf(left)) && node['kind'] === 'AEXPR_OP')
        this.found |= signs.impossible
      // 7# x: what hides the rest elsewhere calculates with a column here.
      if (operator === '#' && isConstant(left) && isBareColumn(right))
        this.found |= signs.impossible
      const odd = isNoNumber(left) || isNoNumber(right)
      if (odd && /^[*/%^]$/.test(operator) && node['kind'] === 'AEXPR_OP')
        this.found |= signs.impossible
      return
    }
    if (isText(left) && isText(right) && /^AEXPR_(OP|I?LIKE)$/.test(textOf(node['kind'])))
      this.found |= signs.textArithmetic
    if (isText(left) && isText(right) && /^(&&|<=>|<~|>>|<<|\?|!|!!|@)$/.test(operator))
      this.found |= signs.impossible
    if (isVariable(operator, left, right)) this.found |= signs.foreignFunction
    if (isComparison(operator) && isColumnless({ A_Expr: node })) this.found |= signs.columnless
    if (isRow(left) && right?.['SubLink'] !== undefined) this.found |= signs.errorProbe
    const column = columnText(left)
    if (column !== undefined && column === columnText(right)) this.found |= signs.sameColumn
  }

  #call(name: string, node: Tree): void {
    if (SLEEP.test(name)) this.found |= signs.sleep
    if (DANGEROUS.test(name)) this.found |= signs.dangerous
    if (PROBING.test(name)) this.found |= signs.probing
    const args = listOf(node['args'])
    if (foreignFunction(name, args.length)) this.found |= signs.foreignFunction
    if (/^(sleep|benchmark)$/.test(name)) this.found |= signs.sleep
    if (name === 'ascii' && takesApart(args[0])) this.found |= signs.characterCodes
  }

  #subquery(node: Tree): void {
    const select = (node['subselect'] as Tree | undefined)?.['SelectStmt'] as Tree | undefined
    if (JSON.stringify(select ?? '').includes('"pg_sleep')) this.found |= signs.busyWork
    if (!select || select['larg'] !== undefined || select['valuesLists'] !== undefined) return
    const kind = node['subLinkType']
    if (kind !== 'EXPR_SUBLINK' && kind !== 'EXISTS_SUBLINK') return
    if (select['fromClause'] === undefined && !refersToColumn(select['targetList']))
      this.found |= signs.emptySubquery
  }

  #cases(node: Tree): void {
    for (const arm of listOf(node['args'])) {
      const when = (arm['CaseWhen'] as Tree | undefined)?.['expr']
      if (isTruth(when) && !isBoolean(when)) this.found |= signs.constantCase
    }
    if (!READS.test(JSON.stringify(node))) this.found |= signs.columnless
  }

  #cast(node: Tree): void {
    const arg = node['arg'] as Tree | undefined
    if (isText(arg) && !isTextType(node) && BROKEN_OUT.test(constantText(arg)))
      this.found |= signs.impossible
    const joined = arg?.['A_Expr'] as Tree | undefined
    if (joined && operatorName(joined) === '||' && isNumber(node)) this.found |= signs.errorProbe
    if (arg?.['SubLink'] !== undefined && isNumber(node)) this.found |= signs.errorProbe
  }

  #table(node: Tree): void {
    const schema = textOf(node['schemaname'])
    const name = textOf(node['relname'])
    if (schema === 'information_schema' || schema === 'pg_catalog' || /^pg_[a-z]/.test(name))
      this.found |= signs.catalogue
    if (foreignTable(schema, name)) this.found |= signs.foreignTable
  }
}

/** Columns that a select gives; undefined when a star or an unknown makes it uncertain. */
function widthOf(select: Tree): number | undefined {
  const arm = firstArm(select)
  const targets = listOf(arm['targetList'])
  if (targets.length === 0) return undefined
  return targets.some((target) => JSON.stringify(target).includes('A_Star'))
    ? undefined
    : targets.length
}

function firstArm(select: Tree): Tree {
  let arm = select
  while (arm['larg'] !== undefined) arm = arm['larg'] as Tree
  return arm
}

function isConstantTarget(target: Tree): boolean {
  const value = (target['ResTarget'] as Tree | undefined)?.['val'] as Tree | undefined
  return value?.['A_Const'] !== undefined
}

function integerOf(node: Tree | undefined): number | undefined {
  const constant = (node?.['A_Const'] as Tree | undefined)?.['ival'] as Tree | undefined
  return constant ? Number(constant['ival'] ?? 0) : undefined
}

/** A comparison of constants, or a boolean constant: always the same. */
function isTruth(expression: unknown): boolean {
  const tree = expression as Tree | undefined
  if (!tree || typeof tree !== 'object') return false
  if (isBoolean(tree)) return true
  const not = tree['BoolExpr'] as Tree | undefined
  if (not?.['boolop'] === 'NOT_EXPR') return isTruth(listOf(not['args'])[0])
  const test = (tree['NullTest'] ?? tree['BooleanTest']) as Tree | undefined
  if (test) return isConstant(test['arg'])
  const operation = tree['A_Expr'] as Tree | undefined
  if (!operation || operation['lexpr'] === undefined) return false
  if (/^(\|\||[-+*/%^&|#])$/.test(operatorName(operation))) return false
  return isConstant(operation['lexpr']) && isConstantOrList(operation['rexpr'])
}

/** A comparison of calls and constants alone. */
function isColumnless(expression: Tree): boolean {
  const operation = expression['A_Expr'] as Tree | undefined
  if (!operation || operation['lexpr'] === undefined) return false
  const text = JSON.stringify(operation)
  return text.includes('"FuncCall"') && !READS.test(text)
}

/** In the text of a tree: something that comes from the tables or from the program. */
const READS = /"(ColumnRef|ParamRef|SubLink)"/

function isComparison(operator: string): boolean {
  return /^(=|<>|!=|<|>|<=|>=)$/.test(operator)
}

/** A number or a text that PostgreSQL takes for neither true nor false. */
function isNoCondition(expression: Tree): boolean {
  const constant = expression['A_Const'] as Tree | undefined
  if (!constant || isBoolean(expression)) return false
  const text = (constant['sval'] as Tree | undefined)?.['sval']
  return !/^\s*(t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|off?|1|0)\s*$/i.test(
    textOf(text),
  )
}

/** `@@name` and `@name`, variables elsewhere, are read by PostgreSQL as operators. */
function isVariable(operator: string, left: Tree | undefined, right: Tree | undefined): boolean {
  if (left === undefined) return operator === '@@' || (operator === '@' && isBareColumn(right))
  return /^[^@]+@@?$/.test(operator) && !/^[<~&|]@$/.test(operator) && isBareColumn(right)
}

function isBareColumn(expression: Tree | undefined): boolean {
  return listOf((expression?.['ColumnRef'] as Tree | undefined)?.['fields']).length === 1
}

/** A single character of a text, to be asked for by its code. */
function takesApart(expression: Tree | undefined): boolean {
  const call = expression?.['FuncCall'] as Tree | undefined
  return call !== undefined && /^(substr|substring|left|right|mid)$/.test(functionName(call))
}

function isConstantOrList(expression: unknown): boolean {
  const list = (expression as Tree | undefined)?.['List'] as Tree | undefined
  const items = list ? listOf(list['items']) : Array.isArray(expression) ? expression : undefined
  return items ? items.length > 0 && items.every(isConstant) : isConstant(expression)
}

function isBoolean(expression: unknown): boolean {
  const tree = expression as Tree | undefined
  const constant = tree?.['A_Const'] as Tree | undefined
  if (constant) return 'boolval' in constant || 'isnull' in constant
  const cast = tree?.['TypeCast'] as Tree | undefined
  return cast !== undefined && JSON.stringify(cast['typeName'] ?? '').includes('"bool"')
}

/**
 * A text that goes on as code does: `name'||(SELECT …)||'`, where a name alone was meant, is for
 * PostgreSQL a constant of the type `name`.
 */
const BROKEN_OUT = new RegExp(
  String.raw`^\s*(\|\||[-+*/),;]|and\b|or\b|union\b)[^]*` +
    String.raw`(\bselect\b|\bcase\s+when\b|\d\s*=\s*\d|\bpg_sleep\b)`,
  'i',
)

/** Types whose constants may be statements, or parts of them. */
function isTextType(cast: Tree): boolean {
  return /"(text|varchar|bpchar|jsonb?|xml|bytea|unknown|reg\w+)"/.test(
    JSON.stringify(cast['typeName'] ?? ''),
  )
}

function constantText(expression: Tree | undefined): string {
  const constant = expression?.['A_Const'] as Tree | undefined
  return textOf((constant?.['sval'] as Tree | undefined)?.['sval'])
}

function isNumber(cast: Tree): boolean {
  return /"(int[248]?|numeric|float[48])"/.test(JSON.stringify(cast['typeName'] ?? ''))
}

function isRow(expression: Tree | undefined): boolean {
  return expression?.['RowExpr'] !== undefined
}

/** A text as it stands, without the cast that makes it a date or an interval. */
function isText(expression: Tree | undefined): boolean {
  const constant = expression?.['A_Const'] as Tree | undefined
  return constant?.['sval'] !== undefined
}

/** A text with which no number can be made. */
function isNoNumber(expression: Tree | undefined): boolean {
  const constant = expression?.['A_Const'] as Tree | undefined
  const text = constant?.['sval'] as Tree | undefined
  if (!text) return false
  return !/^\s*[-+]?([\d_]+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$|^(nan|[-+]?inf(inity)?)$/i.test(
    textOf(text['sval']),
  )
}

/** Where a chain of calculations begins. */
function firstOf(expression: Tree | undefined): Tree | undefined {
  let first = expression
  for (;;) {
    const operation = first?.['A_Expr'] as Tree | undefined
    if (!operation || !/^[-+*/%^&|#]$/.test(operatorName(operation))) return first
    first = operation['lexpr'] as Tree | undefined
  }
}

function isEmptyText(expression: Tree | undefined): boolean {
  const constant = expression?.['A_Const'] as Tree | undefined
  const text = constant?.['sval'] as Tree | undefined
  return text !== undefined && (text['sval'] ?? '') === ''
}

function callsCodes(expression: Tree | undefined): boolean {
  const call = expression?.['FuncCall'] as Tree | undefined
  if (call) return CODES.test(functionName(call))
  const operation = expression?.['A_Expr'] as Tree | undefined
  return operation !== undefined && callsCodes(operation['rexpr'] as Tree | undefined)
}

/** Counting made rows, or a table times itself times itself. */
function countsForTime(select: Tree): boolean {
  const from = listOf(select['fromClause'])
  const tables = from.map((item) => (item['RangeVar'] as Tree | undefined)?.['relname'])
  const product = tables.filter((name) => name !== undefined && name === tables[0]).length
  const made = from.some((item) => JSON.stringify(item).includes('"generate_series"'))
  if (product < PRODUCT_MIN && !(made && from.length === 1)) return false
  return listOf(select['targetList']).some((target) => {
    const value = (target['ResTarget'] as Tree | undefined)?.['val'] as Tree | undefined
    const call = value?.['FuncCall'] as Tree | undefined
    return call !== undefined && functionName(call) === 'count' && !call['over']
  })
}
