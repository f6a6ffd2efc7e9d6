/**
 * What the columns about people are called, and which of them a statement sends by its own words.
 *
 * For results that do not say it themselves: of expressions, of COPY, of what was never described.
 *
 * @module
 */
import { outputsOf, type Source } from '#protocol/sql/output-columns.ts'
import { parseSql } from '#protocol/sql/parse.ts'
import { formOf } from './known-forms.ts'

/** A column about people, by the names a statement may use for it. */
export type NamedPersonal = {
  readonly schema: string
  readonly relation: string
  readonly column: string
  /** As the record calls it. */
  readonly name: string
}

export type VocabularyParts = {
  readonly columns: readonly NamedPersonal[]
  /** Tables and views of which it is known what columns they have. */
  readonly relations: ReadonlySet<string>
  /** Finds, in a text, what columns of other tables may be called; undefined to leave them out. */
  readonly guess: RegExp | undefined
  /** Whether a column of another table is about people by its name. */
  readonly isGuessed: (column: string) => boolean
}

/** Columns about people by the words of a statement. */
export type Worded = {
  /** All that it sends. */
  readonly all: readonly string[]
  /** Of these the ones that only an expression brings. */
  readonly derived: readonly string[]
}

const SILENT: Worded = { all: [], derived: [] }
/** Of a longer statement the words are not gone through. */
const TEXT_MAX = 16 * 1024
const KNOWN_MAX = 1_000
/** With more names than this every statement is gone through. */
const NAMES_MAX = 2_000

export class Vocabulary {
  readonly #parts: VocabularyParts
  /** `relation.column`, and `relation.` for the whole row. */
  readonly #byPath = new Map<string, NamedPersonal[]>()
  /** Most statements name nothing of all this, and are not parsed. */
  readonly #spoken: RegExp
  /** By text, where a text may have no form, and by form: no constant is a column. */
  readonly #known = new Map<string, Worded>()

  constructor(parts: VocabularyParts) {
    this.#parts = parts
    for (const personal of parts.columns) {
      const { relation, column } = personal
      for (const path of [`${relation}.${column}`, `${relation}.`])
        this.#byPath.set(path, [...(this.#byPath.get(path) ?? []), personal])
    }
    this.#spoken = spokenOf(parts)
  }

  /** What a statement sends. */
  read(sql: string): Worded {
    if (sql.length > TEXT_MAX || !this.#spoken.test(sql)) return SILENT
    const known = this.#known.get(sql)
    if (known) return known
    const form = formOf(sql) ?? sql
    const read = this.#known.get(form) ?? this.#parse(sql)
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(form, read)
    return read
  }

  #parse(sql: string): Worded {
    const parsed = parseSql(sql)
    if (parsed.kind !== 'tree') return SILENT
    const outputs = parsed.statements.flatMap(outputsOf)
    const all = new Set<string>()
    const derived = new Set<string>()
    for (const { sources, isDerived } of outputs)
      for (const name of sources.flatMap((source) => this.#namesOf(source))) {
        all.add(isDerived ? `(${name})` : name)
        if (isDerived) derived.add(`(${name})`)
      }
    return { all: [...all], derived: [...derived] }
  }

  #namesOf({ schema, table, column }: Source): readonly string[] {
    const { relations, isGuessed } = this.#parts
    const found = this.#byPath.get(`${table}.${column ?? ''}`) ?? []
    if (found.length > 0 || relations.has(table))
      return found
        .filter((each) => schema === undefined || each.schema === schema)
        .map(({ name }) => name)
    if (column === undefined || !isGuessed(column)) return []
    return [`${table}.${column}`.replaceAll(/\s/g, '_')]
  }
}

function spokenOf({ columns, guess }: VocabularyParts): RegExp {
  const names = new Set(columns.flatMap(({ relation, column }) => [relation, column]))
  if (names.size > NAMES_MAX) return /^/
  const escaped = [...names].map((name) => RegExp.escape(name))
  const parts = [...escaped, ...(guess ? [guess.source] : [])]
  if (parts.length === 0) return /(?!)/
  return new RegExp([...parts, 'U&"'].join('|'), 'i')
}
