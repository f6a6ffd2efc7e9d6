/**
 * A statement as the detectors read it: each view of it is made once, and only when asked for.
 *
 * @module
 */
import { signsOf } from '#protocol/sql/evidence.ts'
import { marks, marksOf } from '#protocol/sql/marks.ts'
import type { Parsed } from '#protocol/sql/parse.ts'
import { primitivesIn, type Primitive } from '#protocol/sql/primitives.ts'
import { hasComment } from '#protocol/sql/phrase.ts'
import type { Borne } from '#protocol/sql/profile.ts'
import { shapeOf } from '#protocol/sql/shape.ts'
import { tokensOf, type Token } from '#protocol/sql/tokens.ts'

const PLAIN = /^\s*(select|insert|update|delete|with|begin|commit|end|rollback|start)\b/i
/** Functions whose constants are settings, files, statements or addresses. */
const TELLING = /\b(set_config|dblink\w*|\w+_to_xml\w*|lo_\w+|pg_\w+|\w*(read|write|file)\w*) *\(/i

export class Reading {
  readonly sql: string
  readonly #parse: (sql: string) => Parsed
  #parsed: Parsed | undefined
  #tokens: readonly Token[] | undefined
  #shape: string | undefined
  #borne: Borne | undefined
  #primitives: ReadonlySet<Primitive> | undefined

  constructor(sql: string, parse: (sql: string) => Parsed) {
    this.sql = sql
    this.#parse = parse
  }

  get parsed(): Parsed {
    return (this.#parsed ??= this.#parse(this.sql))
  }

  get tokens(): readonly Token[] {
    return (this.#tokens ??= tokensOf(this.sql))
  }

  /** '' for what does not parse. */
  get shape(): string {
    return (this.#shape ??= this.parsed.kind === 'tree' ? shapeOf(this.parsed.statements) : '')
  }

  get hasComment(): boolean {
    return hasComment(this.tokens)
  }

  get borne(): Borne {
    return (this.#borne ??= this.#bearing())
  }

  get primitives(): ReadonlySet<Primitive> {
    return (this.#primitives ??= primitivesIn(
      this.parsed.kind === 'tree' ? this.parsed.statements : [],
    ))
  }

  /** Whether the words alone say what it does: no constant in it is a command or a name. */
  get isPlain(): boolean {
    return PLAIN.test(this.sql) && !TELLING.test(this.sql) && !this.hasComment
  }

  #bearing(): Borne {
    if (this.parsed.kind !== 'tree') return { marks: 0, signs: 0 }
    const { statements } = this.parsed
    const comment = this.hasComment ? marks.comment : 0
    return { marks: marksOf(statements) | comment, signs: signsOf(this.sql, statements) }
  }
}
