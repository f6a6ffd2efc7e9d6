/**
 * Small questions about nodes of PostgreSQL's parse tree.
 *
 * @module
 */
import type { Tree } from './parse.ts'

export function listOf(value: unknown): readonly Tree[] {
  return Array.isArray(value) ? (value as Tree[]) : []
}

export function textOf(field: unknown): string {
  return typeof field === 'string' ? field : ''
}

/** The name of a FuncCall without its schema. */
export function functionName(node: Tree): string {
  return lastName(node['funcname'])
}

/** The operator of an A_Expr. */
export function operatorName(node: Tree): string {
  return lastName(node['name'])
}

function lastName(names: unknown): string {
  return textOf((listOf(names).at(-1)?.['String'] as Tree | undefined)?.['sval'])
}

/** The text of a constant, also under a cast. */
export function stringConstant(tree: Tree | undefined): string | undefined {
  const cast = tree?.['TypeCast'] as Tree | undefined
  if (cast) return stringConstant(cast['arg'] as Tree | undefined)
  const constant = tree?.['A_Const'] as Tree | undefined
  const text = constant?.['sval'] as { readonly sval?: string } | undefined
  return text ? (text.sval ?? '') : undefined
}

/** A literal, also under a cast or a calculation of literals alone. */
export function isConstant(expression: unknown): boolean {
  if (typeof expression !== 'object' || expression === null) return false
  const tree = expression as Tree
  if ('A_Const' in tree) return true
  const cast = tree['TypeCast'] as Tree | undefined
  if (cast) return isConstant(cast['arg'])
  const operation = tree['A_Expr'] as Tree | undefined
  if (!operation) return false
  const left = operation['lexpr']
  return (left === undefined || isConstant(left)) && isConstant(operation['rexpr'])
}

/** Whether an expression names any column. */
export function refersToColumn(expression: unknown): boolean {
  return JSON.stringify(expression ?? '').includes('"ColumnRef"')
}

/** The names of a column reference, as one text. */
export function columnText(expression: Tree | undefined): string | undefined {
  const column = expression?.['ColumnRef'] as Tree | undefined
  return column ? JSON.stringify(column['fields']) : undefined
}
