/**
 * What programs and people say to PostgreSQL all day, made up from a seed: the statements of five
 * object mappers over a schema, pgbench's scripts, an analyst's questions. Nothing here attacks.
 *
 * A release is the same program with other filters, columns and tables: shapes never heard before.
 */
import { mulberry32 } from '../../test/kit/random.ts'

/** Draws from a seed. */
export type Draw = {
  readonly below: (limit: number) => number
  readonly one: <T>(items: readonly T[]) => T
}

export function drawFrom(seed: number): Draw {
  const random = mulberry32(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  return { below, one: (items) => items[below(items.length)]! }
}

type Table = { readonly name: string; readonly columns: readonly string[] }

const NOUNS = `account booking club court event invoice item lesson member message notice order
  payment person player plan post price product review role room season session shift slot staff
  stock tag team ticket tour user visit`.split(/\s+/)
const COLUMNS = `name title email state kind amount total price city note phone opened closed rank
  level score starts_at ends_at created_at updated_at visible public owner_id parent_id slug
  language body summary quantity currency`.split(/\s+/)

function schemaOf(draw: Draw, size: number): readonly Table[] {
  const offset = draw.below(NOUNS.length)
  return Array.from({ length: size }, (_, at) => {
    const noun = NOUNS[(offset + at) % NOUNS.length]!
    const columns = [...new Set(Array.from({ length: 7 }, () => draw.one(COLUMNS)))]
    return { name: `${noun}s`, columns: ['id', ...columns] }
  })
}

/** How a mapper writes a name, an alias and a value. */
type Style = {
  readonly name: (table: string, column?: string) => string
  readonly value: (draw: Draw, at: number, column: string) => string
}

const NUMBERS = /(id|amount|total|price|rank|level|score|quantity)"?$/

const literals = (draw: Draw, _at: number, column: string): string =>
  NUMBERS.test(column) ? String(draw.below(100_000)) : textLiteral(draw)

const textLiteral = (draw: Draw): string =>
  draw.one([
    () => `'${draw.one(WORDS)}'`,
    () => `'${draw.one(WORDS)} ${draw.one(WORDS)}'`,
    () => `'2026-0${1 + draw.below(9)}-1${draw.below(10)}'`,
    () => `'${draw.one(WORDS)}''s -- ${draw.one(WORDS)} or 1=1'`,
  ])()

const WORDS = `tennis padel Anna O''Brien club select union order court Gent Namur Liège drop all
  admin summer open final junior senior member guest note`.split(/\s+/)

const styles: readonly Style[] = [
  {
    name: (table, column) => (column === undefined ? `"${table}"` : `"${table}"."${column}"`),
    value: (_, at) => `$${at}`,
  },
  { name: (table, column) => column ?? table, value: literals },
  {
    name: (table, column) => (column === undefined ? `public.${table}` : `${table}.${column}`),
    value: literals,
  },
  {
    name: (table, column) =>
      column === undefined ? `"public"."${table}"` : `"public"."${table}"."${column}"`,
    value: (_, at) => `$${at}`,
  },
]

/** A place in a program that says a statement: the form is drawn once, the values each time. */
type Place = (draw: Draw) => string

function placeOf(plan: number, tables: readonly Table[]): Place {
  return (values) => {
    const draw = drawFrom(plan) // the same form each time
    const style = draw.one(styles)
    const table = draw.one(tables)
    let parameters = 0
    let last = 'id'
    const value = (column = last): string => style.value(values, ++parameters, column)
    const bare = (): string => (last = draw.one(table.columns))
    const column = (): string => style.name(table.name, bare())
    const comparison = (): string =>
      draw.one([
        () => `${column()} = ${value()}`,
        () => `${column()} <> ${value()}`,
        () => `${column()} >= ${value()} AND ${column()} < ${value()}`,
        () =>
          `${column()} IN (${Array.from({ length: 1 + values.below(5) }, () => value()).join(', ')})`,
        () => `${column()} IS NULL`,
        () => `(${column()} = ${value()} OR ${column()} = ${value()})`,
        () => `${column()} ILIKE '%${values.one(WORDS)}%'`,
        () => `${column()} BETWEEN ${value()} AND ${value()}`,
        () => `lower(${column()}) = lower('${values.one(WORDS)}')`,
        () => `NOT (${column()} = ${value()})`,
        () => `${column()} = (SELECT max(id) FROM ${draw.one(tables).name})`,
        () => `EXISTS (SELECT 1 FROM ${draw.one(tables).name} x WHERE x.id = ${column()})`,
        () => `coalesce(${column()}, ${value()}) > ${value()}`,
      ])()
    const where = (): string => {
      const count = 1 + draw.below(4)
      const start = draw.below(8) === 0 ? '1=1 AND ' : ''
      return `WHERE ${start}${Array.from({ length: count }, comparison).join(' AND ')}`
    }
    const columns = (): string => Array.from({ length: 1 + draw.below(5) }, column).join(', ')
    const page = (): string =>
      draw.one(['', ` LIMIT 20`, ` LIMIT 20 OFFSET ${values.below(9) * 20}`, ' FOR UPDATE'])
    const sort = (): string => draw.one(['', ` ORDER BY ${column()}`, ` ORDER BY ${column()} DESC`])
    const from = style.name(table.name)
    return draw.one([
      () => `SELECT ${columns()} FROM ${from} ${where()}${sort()}${page()}`,
      () => `SELECT ${columns()} FROM ${from} ${where()}${sort()}${page()}`,
      () => `SELECT count(*) FROM ${from} ${where()}`,
      () =>
        `SELECT ${columns()} FROM ${from} JOIN ${draw.one(tables).name} j ON j.id = ${column()} ${where()}`,
      () => `UPDATE ${from} SET ${bare()} = ${value()} WHERE ${bare()} = ${value()}`,
      () => `DELETE FROM ${from} WHERE ${bare()} = ${value()}`,
      () =>
        `INSERT INTO ${from} (${table.columns.slice(0, 3).join(', ')}) VALUES (${table.columns
          .slice(0, 3)
          .map((each) => value(each))
          .join(', ')})${draw.one(['', ' RETURNING id', ' ON CONFLICT DO NOTHING'])}`,
      () =>
        `SELECT ${column()}, sum(${column()}) FROM ${from} ${where()} GROUP BY ${column()} HAVING count(*) > ${values.below(50)}`,
      () => `WITH recent AS (SELECT * FROM ${from} ${where()}) SELECT count(*) FROM recent`,
      () =>
        `SELECT CASE WHEN ${column()} > ${value()} THEN 'high' ELSE 'low' END FROM ${from} ${where()}`,
      () =>
        `SELECT ${column()} FROM ${from} ${where()} UNION ALL SELECT ${column()} FROM ${from} ${where()}`,
    ])()
  }
}

/** A program of so many places; `release` changes a third of them and adds some. */
export function programOf(seed: number, places: number, release = 0): readonly Place[] {
  const draw = drawFrom(seed)
  const tables = schemaOf(draw, 14 + release)
  const plans = Array.from({ length: places }, () => draw.below(1_000_000_000))
  const changed = drawFrom(seed + release)
  return plans.map((plan) =>
    placeOf(release > 0 && changed.below(3) === 0 ? changed.below(1_000_000_000) : plan, tables),
  )
}

/** Statements of a program in use: few places say most of it. */
export function* usageOf(
  program: readonly Place[],
  seed: number,
  count: number,
): Generator<string> {
  const draw = drawFrom(seed)
  for (let at = 0; at < count; at++) {
    const place = Math.min(draw.below(program.length), draw.below(program.length))
    yield program[place]!(draw)
  }
}

/** The statements of pgbench's three scripts, protocol simple. */
export function* pgbenchUsage(seed: number, count: number): Generator<string> {
  const { below } = drawFrom(seed)
  for (let at = 0; at < count; at += 7) {
    const [aid, bid, tid, delta] = [below(100_000), below(9), below(90), below(9_999) - 5_000]
    yield 'BEGIN;'
    yield `UPDATE pgbench_accounts SET abalance = abalance + ${delta} WHERE aid = ${aid};`
    yield `SELECT abalance FROM pgbench_accounts WHERE aid = ${aid};`
    yield `UPDATE pgbench_tellers SET tbalance = tbalance + ${delta} WHERE tid = ${tid};`
    yield `UPDATE pgbench_branches SET bbalance = bbalance + ${delta} WHERE bid = ${bid};`
    yield `INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (${tid}, ${bid}, ${aid}, ${delta}, CURRENT_TIMESTAMP);`
    yield 'END;'
  }
}

/** A person with questions: nearly each is a program of its own. */
export function* analystUsage(seed: number, count: number): Generator<string> {
  const draw = drawFrom(seed)
  const tables = schemaOf(draw, 10)
  for (let at = 0; at < count; at++) yield placeOf(draw.below(1_000_000_000), tables)(draw)
}
