/**
 * Which columns are about people: by what the operator names, and by what their names say.
 *
 * A result says of each column which table's it is (RowDescription: table and number), so an alias
 * hides nothing. What an expression is made of, and what COPY sends, the statement's own words say.
 * No value is looked at.
 *
 * @module
 */
import { readRowDescription, type ResultColumn } from '#protocol/postgres/row-description.ts'
import type { Clock } from '#system/clock.ts'
import type { PersonalConfig } from './config.ts'
import { Vocabulary } from './vocabulary.ts'

/** A column of a table, as the server's catalogue has it. */
export type TableColumn = {
  readonly table: number
  readonly attribute: number
  readonly schema: string
  readonly relation: string
  readonly column: string
}

/** All columns of a database's own tables and views. @throws {Error} What the server says. */
export type ColumnsOf = (database: string) => Promise<readonly TableColumn[]>

/** Parts of a column's name, in any case, that say that it is about a person. */
const SUGGESTED: RegExp = new RegExp(
  [
    String.raw`e_?mails?(_?addr(ess)?)?`,
    String.raw`(tele)?phones?(_?(no|number))?|mobiles?|gsm`,
    String.raw`birth(_?(day|date))?|date_?of_?birth|dob|born(_?on)?`,
    String.raw`(first|last|given|family|sur|full|maiden)_?name`,
    String.raw`street|address(_?line)?_?\d?|post(al)?_?code|zip(_?code)?`,
    String.raw`iban|bic|account_?number`,
    String.raw`passport(_?no)?|national_?(id|number)|ssn|social_?security|tax_?id`,
    String.raw`gender|religion|health|diagnosis|medical`,
    String.raw`ip(_?addr(ess)?)?`,
  ].join('|'),
  'i',
)
const WHOLE = new RegExp(`(^|_)(${SUGGESTED.source})($|_)`, 'i')
/** Names are read again after so long, and at once for a table nobody knew. */
const FRESH_MS = 60_000
const RETRY_MS = 5_000
/** Databases, and different descriptions of results, remembered. */
const DATABASES_MAX = 1_000
const KNOWN_MAX = 2_000
const KNOWN_SIZE_MAX = 4_096
/** Object ids below are those of the server's own catalogue (FirstNormalObjectId). */
const FIRST_OWN = 16_384
/** Characters of names in one record. */
const NAMES_MAX = 4_000

/** What a RowDescription says. */
type Described = {
  readonly names: readonly string[]
  /** The names, joined. */
  readonly said: string
  /** Some column of it is an expression: of what, only the statement says. */
  readonly isMade: boolean
}

type Catalogue = {
  /** `table.attribute` → its name when it is personal, '' when it is not. */
  names: ReadonlyMap<string, string>
  vocabulary: Vocabulary
  readonly known: Map<string, Described>
  askedMs: number
}

/** The personal columns of a result, joined by spaces; '' for none. */
export type ColumnReader = {
  /** @param sql The statement's text, as far as it is known. */
  readonly described: (description: Uint8Array, sql: string) => string
  /** Of a result that was never described, as that of COPY. */
  readonly undescribed: (sql: string) => string
}

const NOTHING: Described = { names: [], said: '', isMade: false }

/** Whether a column's own name says that it is about a person. */
export function isSuggested(column: string): boolean {
  return WHOLE.test(column.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2'))
}

export class PersonalColumns {
  readonly #config: PersonalConfig
  readonly #columnsOf: ColumnsOf | undefined
  readonly #clock: Clock
  readonly #catalogues = new Map<string, Catalogue>()

  constructor(config: PersonalConfig, columnsOf: ColumnsOf | undefined, clock: Clock) {
    this.#config = config
    this.#columnsOf = columnsOf
    this.#clock = clock
  }

  /** Reads the results of one database's sessions; the names of its columns are on their way. */
  readerOf(database: string): ColumnReader | undefined {
    if (this.#config.columns.length === 0 && !this.#config.suggest) return undefined
    const catalogue = this.#catalogueOf(database)
    this.#refresh(database, catalogue, FRESH_MS)
    let last = { bytes: Buffer.alloc(0), names: catalogue.names, found: NOTHING }
    const described = (description: Uint8Array): Described => {
      const { buffer, byteOffset, length } = description
      const bytes = Buffer.from(buffer, byteOffset, length)
      if (last.names === catalogue.names && bytes.equals(last.bytes)) return last.found
      const key = bytes.toString('latin1')
      const found = catalogue.known.get(key) ?? this.#read(database, catalogue, bytes, key)
      if (catalogue.known.has(key)) {
        last = { bytes: Buffer.from(bytes), names: catalogue.names, found }
      }
      return found
    }
    return {
      described: (description, sql) => {
        const { names, said, isMade } = described(description)
        if (!isMade) return said
        const { derived } = catalogue.vocabulary.read(sql)
        return derived.length === 0 ? said : joined([...names, ...derived])
      },
      undescribed: (sql) => joined(catalogue.vocabulary.read(sql).all),
    }
  }

  /** Remembered once every table in it is known, or will never be. */
  #read(database: string, catalogue: Catalogue, description: Buffer, key: string): Described {
    const columns = readRowDescription(description)
    const named = columns.map((column) => this.#nameOf(column, catalogue))
    const isNew = this.#columnsOf !== undefined && named.some((name) => name === undefined)
    if (isNew) this.#refresh(database, catalogue, RETRY_MS)
    const names = named.map((name, at) => name ?? this.#byAlias(columns[at]?.name ?? ''))
    // Of no table, or a whole row of one.
    const isMade = columns.some(({ table, attribute }) => table === 0 || attribute === 0)
    const found = { names, said: joined(names), isMade }
    if (!isNew && key.length <= KNOWN_SIZE_MAX) {
      if (catalogue.known.size >= KNOWN_MAX) catalogue.known.clear()
      catalogue.known.set(key, found)
    }
    return found
  }

  /** Undefined for a table that is not known yet. */
  #nameOf({ name, table, attribute }: ResultColumn, { names }: Catalogue): string | undefined {
    if (table === 0) return this.#byAlias(name)
    if (table < FIRST_OWN) return '' // the server's own
    return names.get(`${table}.${attribute}`) ?? (names.has(`${table}`) ? '' : undefined)
  }

  /** An expression, or a table nobody knows: in brackets, because the alias is all there is. */
  #byAlias(alias: string): string {
    return this.#config.suggest && isSuggested(alias) ? `(${alias.replaceAll(/\s/g, '_')})` : ''
  }

  #catalogueOf(database: string): Catalogue {
    const found = this.#catalogues.get(database)
    if (found) return found
    const vocabulary = this.#vocabularyOf([])
    const names = new Map<string, string>()
    const made: Catalogue = { names, vocabulary, known: new Map(), askedMs: -Infinity }
    if (this.#catalogues.size < DATABASES_MAX) this.#catalogues.set(database, made)
    return made
  }

  #refresh(database: string, catalogue: Catalogue, ageMs: number): void {
    const nowMs = this.#clock.monotonicMs()
    if (!this.#columnsOf || nowMs - catalogue.askedMs < ageMs) return
    catalogue.askedMs = nowMs
    this.#columnsOf(database)
      .then((columns) => {
        const names = new Map<string, string>()
        for (const column of columns) {
          names.set(`${column.table}`, '')
          names.set(`${column.table}.${column.attribute}`, this.#nameIn(column))
        }
        catalogue.names = names
        catalogue.vocabulary = this.#vocabularyOf(columns)
        catalogue.known.clear()
      })
      .catch(() => undefined) // aliases serve until the server answers
  }

  readonly #isGuessed = (column: string): boolean => this.#config.suggest && isSuggested(column)

  #vocabularyOf(all: readonly TableColumn[]): Vocabulary {
    const columns = all.flatMap((column) => {
      const name = this.#nameIn(column)
      return name === '' ? [] : [{ ...column, name }]
    })
    const relations = new Set(all.map(({ relation }) => relation))
    const guess = this.#config.suggest ? SUGGESTED : undefined
    return new Vocabulary({ columns, relations, guess, isGuessed: this.#isGuessed })
  }

  #nameIn({ schema, relation, column }: TableColumn): string {
    const short = `${relation}.${column}`
    const whole = `${schema}.${short}`
    const { columns, except, suggest } = this.#config
    if (except.includes(whole) || except.includes(short)) return ''
    const named = columns.includes(whole) || columns.includes(short)
    return named || (suggest && isSuggested(column)) ? whole.replaceAll(/\s/g, '_') : ''
  }
}

/** Each once, in order. */
function joined(names: readonly string[]): string {
  return [...new Set(names.filter(Boolean))].toSorted().join(' ').slice(0, NAMES_MAX)
}
