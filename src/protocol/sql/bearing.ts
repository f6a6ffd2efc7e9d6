/**
 * What a statement's tree bears, found on one walk through it: marks, signs and ways to more.
 *
 * @module
 */
import { SignReader, signsOfText } from './evidence.ts'
import { marksOfNode, marksOfText } from './marks.ts'
import { walkObjects, type Tree } from './parse.ts'
import { PrimitiveReader, type Primitive } from './primitives.ts'
import type { Borne } from './profile.ts'

export type Bearing = Borne & { readonly primitives: ReadonlySet<Primitive> }

/** @param sql The text that the statements were parsed from. */
export function bearingOf(sql: string, statements: readonly Tree[]): Bearing {
  const ways = new PrimitiveReader()
  const speaking = new SignReader()
  let marks = marksOfText(statements)
  walkObjects(statements, (name, node) => {
    marks |= marksOfNode(name, node)
    speaking.see(name, node)
    ways.see(name, node)
  })
  const signs = speaking.found | signsOfText(sql, statements)
  return { marks, signs, primitives: ways.found }
}
