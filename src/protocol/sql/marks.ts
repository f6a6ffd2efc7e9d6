/**
 * How a statement is built, roughly: one bit for each thing that a program's own statements usually
 * have or do not have at a place. Whether it speaks of injection is said by `evidence.ts`.
 *
 * @module
 */
import { functionName, isConstant, operatorName } from './nodes.ts'
import type { Tree } from './parse.ts'

export const marks = {
  /** A set operation. */
  union: 1,
  /** More than one statement. */
  stacked: 2,
  subquery: 4,
  /** A CASE. */
  conditional: 8,
  comment: 16,
  or: 32,
  /** More than a constant, a name or a comparison: a call or a calculation. */
  call: 64,
  /** Not a query nor a change of rows. */
  utility: 128,
} as const

/** The marks that statements of one text bear beside those of their nodes. */
export function marksOfText(statements: readonly Tree[]): number {
  let found = statements.length > 1 ? marks.stacked : 0
  for (const statement of statements) {
    if (!('SelectStmt' in statement || 'InsertStmt' in statement || 'UpdateStmt' in statement))
      if (!('DeleteStmt' in statement)) found |= marks.utility
  }
  return found
}

/** The marks of one node. */
export function marksOfNode(type: string, node: Tree): number {
  switch (type) {
    case 'SelectStmt':
      return node['op'] !== undefined && node['op'] !== 'SETOP_NONE' ? marks.union : 0
    case 'SubLink':
      return marks.subquery
    case 'CaseExpr':
      return marks.conditional
    case 'BoolExpr':
      return node['boolop'] === 'OR_EXPR' ? marks.or : 0
    case 'A_Expr':
      return /^(\|\||[-+*/%^])$/.test(operatorName(node)) ? marks.call : 0
    case 'FuncCall':
      return functionName(node) === '' ? 0 : marks.call
    case 'SQLValueFunction':
    case 'XmlExpr':
      return marks.call
    case 'TypeCast':
      return castMarks(node)
    default:
      return 0
  }
}

/** A cast of something computed: what cannot be cast is told in the error message. */
function castMarks(node: Tree): number {
  const arg = node['arg'] as Tree | undefined
  return isConstant(arg) || arg?.['ColumnRef'] !== undefined ? 0 : marks.call
}
