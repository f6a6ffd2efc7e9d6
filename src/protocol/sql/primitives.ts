/**
 * Finds the ways of `escalations.ts` in a parse tree, also in the bodies of DO blocks and of
 * functions, in PREPARE, and in strings that such a body executes.
 *
 * @module
 */
import type { Match } from './escalation-matches.ts'
import { escalations } from './escalations.ts'
import { parseSql, walkTree, type Tree } from './parse.ts'

/** The id of an escalation. */
export type Primitive = string

const DEPTH_MAX = 4
const FRAGMENTS_MAX = 2_000

type Row = { readonly id: Primitive; readonly match: Match }

const byType: ReadonlyMap<string, readonly Row[]> = Map.groupBy(
  escalations.flatMap(({ id, matches }) => matches.map((match): Row => ({ id, match }))),
  ({ match }) => match.type,
)

/** Nodes that are asked under another name too. */
const aliases: Readonly<Record<string, string>> = {
  FuncCall: 'SETTING',
  VariableSetStmt: 'SETTING',
  CreateRoleStmt: 'ROLE',
  AlterRoleStmt: 'ROLE',
  CreateFunctionStmt: 'ROUTINE',
  AlterFunctionStmt: 'ROUTINE',
}

/** Every primitive that a text makes use of, however deep it hides. */
export function primitivesIn(statements: readonly Tree[], depth = 0): ReadonlySet<Primitive> {
  const found = new Set<Primitive>()
  walkTree(statements, (type, node) => {
    for (const name of [type, aliases[type] ?? ''])
      for (const { id, match } of byType.get(name) ?? []) if (match.found(node)) found.add(id)
    if (depth >= DEPTH_MAX) return
    for (const body of bodiesOf(type, node)) {
      for (const inner of inBody(body, depth + 1)) found.add(inner)
    }
  })
  return found
}

/** Source texts that a node carries: of a DO block, of a function. */
function bodiesOf(type: string, node: Tree): readonly string[] {
  if (type !== 'DoStmt' && type !== 'CreateFunctionStmt') return []
  const texts: string[] = []
  walkTree([node['args'], node['options']], (name, below) => {
    if (name === 'String' && typeof below['sval'] === 'string') texts.push(below['sval'])
  })
  return texts.filter((text) => /\s/.test(text))
}

const STARTS = new RegExp(
  String.raw`\b(copy|create|alter|grant|set|select|perform|load|update|insert|delete|do|with|` +
    String.raw`call|drop|import|reassign|prepare|execute)\b`,
  'gi',
)
const STARTS_MAX = 8

/**
 * Procedural code is not SQL as a whole; its statements are. Each piece between semicolons is tried
 * from every word that may begin one, and every string in it may be executed.
 */
function inBody(body: string, depth: number): ReadonlySet<Primitive> {
  const found = new Set<Primitive>()
  const joined = body.replaceAll(/'\s*\|\|\s*'/g, '') // 'CO' || 'PY t …' is what it becomes
  const pieces = [...joined.split(';'), ...stringsIn(joined)]
  for (const piece of pieces.slice(0, FRAGMENTS_MAX)) {
    for (const { index } of [...piece.matchAll(STARTS)].slice(0, STARTS_MAX)) {
      const parsed = parseSql(piece.slice(index).replace(/^perform\b/i, 'select'))
      if (parsed.kind !== 'tree') continue
      for (const primitive of primitivesIn(parsed.statements, depth)) found.add(primitive)
      break
    }
  }
  return found
}

function stringsIn(body: string): readonly string[] {
  return [...body.matchAll(/'((?:[^']|'')*)'|\$(\w*)\$([^]*?)\$\2\$/g)].map(
    ([, quoted, , dollar]) => quoted?.replaceAll(`''`, `'`) ?? dollar ?? '',
  )
}
