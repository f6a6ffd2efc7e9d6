/**
 * Finds the ways of `escalations.ts` in a parse tree, also in the bodies of DO blocks and of
 * functions, in PREPARE, and in strings that such a body executes.
 *
 * @module
 */
import type { Match } from './escalation-matches.ts'
import { escalations } from './escalations.ts'
import { parseSql, walkObjects, walkTree, type Tree } from './parse.ts'

/** The id of an escalation. */
export type Primitive = string

const DEPTH_MAX = 4
const FRAGMENTS_MAX = 2_000
const NONE: readonly string[] = []

type Row = { readonly id: Primitive; readonly match: Match }

/** Under what name nodes are asked, and of which types they are. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  SETTING: ['FuncCall', 'VariableSetStmt'],
  ROLE: ['CreateRoleStmt', 'AlterRoleStmt'],
  ROUTINE: ['CreateFunctionStmt', 'AlterFunctionStmt'],
}

const byType: ReadonlyMap<string, readonly Row[]> = tableByType()

function tableByType(): ReadonlyMap<string, readonly Row[]> {
  const table = new Map<string, Row[]>()
  for (const { id, matches } of escalations)
    for (const match of matches)
      for (const type of aliases[match.type] ?? [match.type]) {
        const rows = table.get(type) ?? []
        table.set(type, rows)
        rows.push({ id, match })
      }
  return table
}

/** Every primitive that a text makes use of, however deep it hides. */
export function primitivesIn(statements: readonly Tree[]): ReadonlySet<Primitive> {
  const reader = new PrimitiveReader()
  walkObjects(statements, (name, node) => reader.see(name, node))
  return reader.found
}

/** Is shown every object of a tree. */
export class PrimitiveReader {
  readonly found: Set<Primitive> = new Set()
  readonly #depth: number

  /** @param depth Bodies around this one. */
  constructor(depth = 0) {
    this.#depth = depth
  }

  /** @param name The node's type, or the field it stands in. */
  see(name: string, node: Tree): void {
    const rows = byType.get(name)
    if (rows) for (const { id, match } of rows) if (match.found(node)) this.found.add(id)
    if (this.#depth >= DEPTH_MAX) return
    for (const body of bodiesOf(name, node)) this.#inBody(body)
  }

  /**
   * Procedural code is not SQL as a whole; its statements are. Each piece between semicolons is
   * tried from every word that may begin one, and every string in it may be executed.
   */
  #inBody(body: string): void {
    const inner = new PrimitiveReader(this.#depth + 1)
    const joined = body.replaceAll(/'\s*\|\|\s*'/g, '') // 'CO' || 'PY t …' is what it becomes
    const pieces = [...joined.split(';'), ...stringsIn(joined)]
    for (const piece of pieces.slice(0, FRAGMENTS_MAX)) {
      for (const { index } of [...piece.matchAll(STARTS)].slice(0, STARTS_MAX)) {
        const parsed = parseSql(piece.slice(index).replace(/^perform\b/i, 'select'))
        if (parsed.kind !== 'tree') continue
        walkObjects(parsed.statements, (name, node) => inner.see(name, node))
        break
      }
    }
    for (const primitive of inner.found) this.found.add(primitive)
  }
}

/** Source texts that a node carries: of a DO block, of a function. */
function bodiesOf(type: string, node: Tree): readonly string[] {
  if (type !== 'DoStmt' && type !== 'CreateFunctionStmt') return NONE
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

const STRING = new RegExp(
  String.raw`(?<!\w)[eE]'((?:[^'\\]|\\[^]|'')*)'|'((?:[^']|'')*)'|\$(\w*)\$([^]*?)\$\3\$`,
  'g',
)

/** The texts of strings, with a name or constant where `format` would put one. */
function stringsIn(body: string): readonly string[] {
  return [...body.matchAll(STRING)].map(([, escaped, quoted, , dollar = '']) => {
    const text = escaped === undefined ? (quoted ?? dollar) : unescaped(escaped)
    return text.replaceAll(`''`, `'`).replaceAll(PLACE, (_, kind) => (kind === 'L' ? `'x'` : 'x'))
  })
}

/** Of `format`: `%L`, `%I`, `%s`, each also with a position and a width. */
const PLACE = /%(?:\d+\$)?-?\d*([LIs])/g
const ESCAPE = /\\(?:x([\da-fA-F]{1,2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([^]))/g
const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const CODE_POINT_MAX = 0x10ffff

/** What stands in an E'' string: PostgreSQL manual, 4.1.2.2. */
function unescaped(text: string): string {
  return text.replaceAll(
    ESCAPE,
    (_, hex?: string, short?: string, long?: string, octal?: string, letter = '') => {
      const digits = hex ?? short ?? long
      const code =
        digits === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(digits, 16)
      if (Number.isNaN(code)) return LETTERS[letter] ?? letter
      return code > CODE_POINT_MAX ? '' : String.fromCodePoint(code)
    },
  )
}
