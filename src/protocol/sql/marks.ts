/**
 * What in a parse tree speaks of injection. One bit each, so that what a known statement bears by
 * itself can be taken away from what a new one bears.
 *
 * @module
 */
import { walkTree, type Tree } from './parse.ts'

/** Bit of each mark. `strong` ones have hardly any use in a program's own statements. */
export const marks = {
  /** A comparison of two constants, or a constant as a condition. */
  tautology: 1,
  /** A set operation. */
  union: 2,
  /** More than one statement. */
  stacked: 4,
  subquery: 8,
  /** pg_sleep and its kin. */
  sleep: 16,
  /** A CASE. */
  conditional: 32,
  /** PostgreSQL's own tables. */
  catalogue: 64,
  /** Functions that reach files, networks or settings. */
  dangerous: 128,
  /** Functions an attacker builds or measures text with. */
  probing: 256,
  comment: 512,
  /** Constants joined: 'a'||'b'. */
  concatenation: 1024,
  or: 2048,
  /** More than a constant, a name or a comparison: a call or a calculation. */
  call: 4096,
  /** A cast of something computed: what it cannot be is in the error message. */
  castError: 8192,
  /** Not a query nor a change of rows. */
  utility: 16_384,
} as const

export type MarkName = keyof typeof marks

const SLEEP = /^(pg_sleep(_for|_until)?|sleep|benchmark)$/
const DANGEROUS = anyOf(String.raw`
  pg_(read|stat|write|ls)_\w*(file|dir)\w* pg_file_\w+
  lo_(import|export|from_bytea|put) dblink\w* set_config current_setting
  query_to_xml\w* (database|table|schema|cursor)_to_xml\w*
  pg_(terminate|cancel)_backend pg_reload_conf pg_rotate_logfile
  pg_execute_server_program pg_stat_file lo_get loread lowrite xp_cmdshell sys_eval
  sys_exec load_file`)
const PROBING = anyOf(String.raw`
  chr ascii substr substring mid version current_database current_schema
  current_schemas generate_series xmlforest xmlelement string_agg array_agg
  array_to_string md5 convert_from convert_to encode decode has_\w+_privilege
  inet_server_addr pg_backend_pid pg_postmaster_start_time row_to_json to_json random
  char concat length char_length exp ln quote_ident`)
/** Exactly one of the patterns, which white space separates. */
function anyOf(patterns: string): RegExp {
  return new RegExp(`^(${patterns.trim().split(/\s+/).join('|')})$`)
}

const CATALOGUE = /^(pg_\w+|information_schema)$/

/** The marks of statements that stand in one text. */
export function marksOf(statements: readonly Tree[]): number {
  let found = statements.length > 1 ? marks.stacked : 0
  for (const statement of statements) {
    if (!('SelectStmt' in statement || 'InsertStmt' in statement || 'UpdateStmt' in statement))
      if (!('DeleteStmt' in statement)) found |= marks.utility
  }
  walkTree(statements, (type, node) => {
    found |= marksOfNode(type, node)
  })
  return found
}

function marksOfNode(type: string, node: Tree): number {
  switch (type) {
    case 'SelectStmt':
      return setOperation(node) | condition(node['whereClause']) | condition(node['havingClause'])
    case 'UpdateStmt':
    case 'DeleteStmt':
      return condition(node['whereClause'])
    case 'larg':
    case 'rarg':
      return condition(node['whereClause']) | condition(node['havingClause'])
    case 'SubLink':
      return marks.subquery
    case 'CaseExpr':
      return marks.conditional
    case 'BoolExpr':
      return booleans(node)
    case 'A_Expr':
      return comparison(node)
    case 'NullTest':
    case 'BooleanTest':
      return isConstant(node['arg']) ? marks.tautology : 0
    case 'RangeVar':
      return catalogueTable(node)
    case 'FuncCall':
      return functionMarks(functionName(node)) | marks.call
    case 'SQLValueFunction':
    case 'XmlExpr':
      return marks.probing | marks.call
    case 'TypeCast':
      return castMarks(node)
    default:
      return 0
  }
}

function setOperation(node: Tree): number {
  return node['op'] !== undefined && node['op'] !== 'SETOP_NONE' ? marks.union : 0
}

/** A condition that is a constant. */
function condition(expression: unknown): number {
  return isConstant(expression) ? marks.tautology : 0
}

function booleans(node: Tree): number {
  const args = (node['args'] as readonly unknown[] | undefined) ?? []
  const constant = args.some(isConstant) ? marks.tautology : 0
  return constant | (node['boolop'] === 'OR_EXPR' ? marks.or : 0)
}

function comparison(node: Tree): number {
  const { lexpr, rexpr } = node as { readonly lexpr?: unknown; readonly rexpr?: unknown }
  const operator = operatorName(node)
  const both = isConstant(lexpr) && isConstantOrList(rexpr)
  if (operator === '||')
    return isConstant(lexpr) || isConstant(rexpr) ? marks.concatenation | marks.call : marks.call
  if (/^[-+*/%^]$/.test(operator)) return both ? marks.call | marks.concatenation : marks.call
  if (both) return marks.tautology
  return sameColumn(lexpr, rexpr) ? marks.tautology : 0
}

function sameColumn(left: unknown, right: unknown): boolean {
  const names = [left, right].map((side) => {
    const column = (side as Tree | undefined)?.['ColumnRef'] as Tree | undefined
    return column ? JSON.stringify(column['fields']) : undefined
  })
  return names[0] !== undefined && names[0] === names[1]
}

function catalogueTable(node: Tree): number {
  const schema = typeof node['schemaname'] === 'string' ? node['schemaname'] : ''
  const table = typeof node['relname'] === 'string' ? node['relname'] : ''
  const own = CATALOGUE.test(schema) || /^pg_[a-z]/.test(table)
  return own ? marks.catalogue : 0
}

function castMarks(node: Tree): number {
  const arg = node['arg']
  if (isBoolean(node)) return 0
  if (isConstant(arg) || (arg as Tree | undefined)?.['ColumnRef'] !== undefined) return 0
  return marks.castError | marks.call
}

export function functionMarks(name: string): number {
  if (SLEEP.test(name)) return marks.sleep
  if (DANGEROUS.test(name)) return marks.dangerous
  return PROBING.test(name) ? marks.probing : 0
}

/** The name without its schema. */
export function functionName(node: Tree): string {
  const names = (node['funcname'] as readonly Tree[] | undefined) ?? []
  const last = names.at(-1)?.['String'] as { readonly sval?: string } | undefined
  return last?.sval ?? ''
}

function operatorName(node: Tree): string {
  const names = (node['name'] as readonly Tree[] | undefined) ?? []
  return (names.at(-1)?.['String'] as { readonly sval?: string } | undefined)?.sval ?? ''
}

function isConstantOrList(expression: unknown): boolean {
  if (isConstant(expression)) return true
  const list = (expression as Tree | undefined)?.['List'] as Tree | undefined
  const items = (Array.isArray(expression) ? expression : list?.['items']) as
    readonly unknown[] | undefined
  return items !== undefined && items.length > 0 && items.every(isConstant)
}

/** A literal, also under a cast or a calculation of literals alone. */
function isConstant(expression: unknown): boolean {
  if (typeof expression !== 'object' || expression === null) return false
  const tree = expression as Tree
  if ('A_Const' in tree) return true
  const cast = tree['TypeCast'] as Tree | undefined
  if (cast) return isConstant(cast['arg'])
  const operation = tree['A_Expr'] as Tree | undefined
  if (operation) return isConstantSide(operation['lexpr']) && isConstant(operation['rexpr'])
  return false
}

function isConstantSide(expression: unknown): boolean {
  return expression === undefined || isConstant(expression)
}

function isBoolean(cast: Tree): boolean {
  return JSON.stringify(cast['typeName'] ?? '').includes('"bool"')
}

/** Names of the marks in a set of bits. */
export function markNames(bits: number): readonly MarkName[] {
  return (Object.keys(marks) as MarkName[]).filter((name) => (bits & marks[name]) !== 0)
}
