/**
 * A statement as the detectors read it: each view of it is made once, and only when asked for.
 *
 * @module
 */
import { bearingOf, type Bearing } from '#protocol/sql/bearing.ts'
import { marks } from '#protocol/sql/marks.ts'
import type { Parsed } from '#protocol/sql/parse.ts'
import { hasComment, pathOf, type Step } from '#protocol/sql/phrase.ts'
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
  #path: readonly Step[] | undefined
  #bearing: Bearing | undefined

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

  /** Its words, as a profile follows them. */
  get path(): readonly Step[] {
    return (this.#path ??= pathOf(this.tokens))
  }

  /** What its tree bears; nothing for what does not parse. */
  get bearing(): Bearing {
    return (this.#bearing ??= this.#borne())
  }

  /**
   * Whether the words alone say what it does: no constant in it is a command or a name. A comment
   * is a word, too: what is heard with one and cut by one goes another way.
   */
  get isPlain(): boolean {
    return PLAIN.test(this.sql) && !TELLING.test(this.sql)
  }

  #borne(): Bearing {
    if (this.parsed.kind !== 'tree') return NOTHING
    const found = bearingOf(this.sql, this.parsed.statements)
    return this.hasComment ? { ...found, marks: found.marks | marks.comment } : found
  }
}

const NOTHING: Bearing = { marks: 0, signs: 0, primitives: new Set() }
