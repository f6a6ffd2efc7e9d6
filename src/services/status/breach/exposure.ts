/**
 * Whose data an account read, customer by customer: how many persons and records, of which columns.
 *
 * Method: each statement that the audit trail has of the account is asked again, as the same role
 * and under the settings its session had, but for the customer, the person and the record of each
 * row instead of what it asked for. The number of rows must be the one that was recorded then;
 * where it is not, or where a statement cannot be asked again, that is said, not guessed.
 *
 * @module
 */
import { readOf, type Read, type TableRead } from './read.ts'

/** A table with data of persons, as the configuration describes it. */
export type PersonalTable = {
  /** With its schema, unless that is `public`. */
  readonly table: string
  /** Column that names the customer, the person, and the record within the customer. */
  readonly tenant: string
  readonly person: string
  readonly record: string
  /** Category of each column that says something of a person: `{ email: contact }`. */
  readonly columns: Readonly<Record<string, string>>
}

/** A statement as the audit trail has it, in the order of its session. */
export type Recorded = {
  readonly timeMs: number
  readonly session: string
  readonly sql: string
  readonly parameters: number
  /** Rows that were sent; undefined when the end was not recorded. */
  readonly rows: number | undefined
}

export type ExposurePorts = {
  /** Columns of a table as the server has them; undefined when there is no such table. */
  readonly columnsOf: (table: string) => Promise<readonly string[] | undefined>
  /**
   * Asks read-only, as the role, under these settings. Rows of `tenant, person, record` as text.
   *
   * @throws {Error} When the server refuses.
   */
  readonly ask: (
    settings: ReadonlyMap<string, string>,
    sql: string,
  ) => Promise<readonly (readonly [string | null, string | null, string | null])[]>
}

export type TenantExposure = {
  readonly tenant: string
  readonly persons: number
  readonly records: number
  readonly categories: readonly string[]
  /** `table.column`, in order. */
  readonly columns: readonly string[]
}

export type Exposure = {
  readonly statements: number
  readonly tenants: readonly TenantExposure[]
  /** Statements whose extent is not certain; their rows are in no customer's count. */
  readonly unclear: readonly {
    readonly timeMs: number
    readonly why: string
    readonly rows: number | undefined
    readonly sql: string
  }[]
  /** Whether every number is exact: nothing unclear, and all rows accounted for. */
  readonly exact: boolean
}

const SQL_SHOWN_MAX = 300
/** Rows held in memory; beyond it the extent is said to be unclear. */
const RECORDS_MAX = 5_000_000

type Account = {
  readonly persons: Set<string>
  readonly records: Set<string>
  readonly columns: Set<string>
  readonly categories: Set<string>
}

type Unclear = Exposure['unclear'][number]

export async function exposureOf(
  statements: readonly Recorded[],
  tables: readonly PersonalTable[],
  ports: ExposurePorts,
): Promise<Exposure> {
  const accounts = new Map<string, Account>()
  const unclear: Unclear[] = []
  let held = 0
  for (const [, own] of Map.groupBy(statements, ({ session }) => session)) {
    const settings = new SessionSettings()
    for (const statement of own) {
      const read = readOf(statement.sql, statement.parameters)
      settings.take(read)
      const why = await accountFor(statement, read, settings.now(), tables, ports, accounts)
      if (why !== undefined) unclear.push(unclearOf(statement, why))
      held = [...accounts.values()].reduce((sum, { records }) => sum + records.size, 0)
      if (held > RECORDS_MAX) throw new RangeError('more records than can be counted at once')
    }
  }
  const tenants = [...accounts].map(([tenant, account]) => ({
    tenant,
    persons: account.persons.size,
    records: account.records.size,
    categories: [...account.categories].toSorted(),
    columns: [...account.columns].toSorted(),
  }))
  return {
    statements: statements.length,
    tenants: tenants.toSorted((a, b) => a.tenant.localeCompare(b.tenant)),
    unclear,
    exact: unclear.length === 0,
  }
}

/** What the settings of a session are after each of its statements. */
class SessionSettings {
  #session = new Map<string, string>()
  #local = new Map<string, string>()
  /** The settings to go back to, within a transaction. */
  #before: Map<string, string> | undefined

  take(read: Read): void {
    if (read.kind === 'begin') this.#before ??= new Map(this.#session)
    else if (read.kind === 'commit') this.#end(this.#session)
    else if (read.kind === 'rollback') this.#end(this.#before ?? this.#session)
    else if (read.kind === 'setting') this.#set(read)
  }

  now(): ReadonlyMap<string, string> {
    return new Map([...this.#session, ...this.#local])
  }

  #set({ name, value, local }: Extract<Read, { kind: 'setting' }>): void {
    if (!local) {
      this.#session.set(name, value)
      this.#local.delete(name)
    } else if (this.#before) this.#local.set(name, value) // outside a transaction it does nothing
  }

  #end(session: Map<string, string>): void {
    this.#session = session
    this.#local = new Map()
    this.#before = undefined
  }
}

/** @returns Why the statement's extent is not certain, if it is not. */
async function accountFor(
  statement: Recorded,
  read: Read,
  settings: ReadonlyMap<string, string>,
  tables: readonly PersonalTable[],
  ports: ExposurePorts,
  accounts: Map<string, Account>,
): Promise<string | undefined> {
  if (statement.rows === 0 && read.kind !== 'setting') return undefined // nothing left
  if (read.kind === 'unclear') return read.why
  if (read.kind !== 'rows') return undefined
  const personal = read.tables.flatMap((one) => {
    const known = tables.find(({ table }) => plain(table) === plain(one.table))
    return known ? [{ ...one, known }] : []
  })
  let why: string | undefined
  for (const one of personal) {
    const found = await askAgain(one, read.tail, settings, ports)
    if (typeof found === 'string') return found
    if (statement.rows === undefined) why = 'its end was not recorded'
    else if (found.length !== statement.rows && one === personal[0])
      why = `it read ${statement.rows} rows then, and ${found.length} now`
    const columns = await columnsRead(one, read, ports)
    for (const [tenant, person, record] of found) {
      if (tenant === null || record === null) continue // the empty side of an outer join
      const account = accounts.get(tenant) ?? emptyAccount()
      accounts.set(tenant, account)
      if (person !== null) account.persons.add(person)
      account.records.add(`${plain(one.table)} ${record}`)
      for (const column of columns) {
        account.columns.add(`${plain(one.table)}.${column}`)
        const category = one.known.columns[column]
        if (category !== undefined) account.categories.add(category)
      }
    }
  }
  return why
}

async function askAgain(
  { alias, known }: TableRead & { readonly known: PersonalTable },
  tail: string,
  settings: ReadonlyMap<string, string>,
  ports: ExposurePorts,
): Promise<readonly (readonly [string | null, string | null, string | null])[] | string> {
  const place = quoted(alias)
  const parts = [known.tenant, known.person, known.record].map((one) => `${place}.${quoted(one)}`)
  try {
    return await ports.ask(
      settings,
      `SELECT ${parts.map((one) => `${one}::text`).join(', ')} FROM ${tail}`,
    )
  } catch (error) {
    return `it cannot be asked again: ${(error as Error).message}`
  }
}

/** The columns of one table that a statement read, stars written out. */
async function columnsRead(
  { alias, table }: TableRead,
  read: Extract<Read, { kind: 'rows' }>,
  ports: ExposurePorts,
): Promise<readonly string[]> {
  const own = (await ports.columnsOf(table)) ?? []
  const found = new Set<string>()
  for (const name of read.columns) {
    const parts = name.split('.')
    const column = parts.at(-1) ?? ''
    const qualifier = parts.length > 1 ? parts.at(-2) : undefined
    if (qualifier !== undefined && qualifier !== alias) continue
    if (column === '*') for (const each of own) found.add(each)
    else if (own.includes(column)) found.add(column)
    else if (column === alias) for (const each of own) found.add(each) // the row as a whole
  }
  return [...found]
}

function emptyAccount(): Account {
  return { persons: new Set(), records: new Set(), columns: new Set(), categories: new Set() }
}

function unclearOf({ timeMs, rows, sql }: Recorded, why: string): Unclear {
  return { timeMs, rows, why, sql: sql.slice(0, SQL_SHOWN_MAX) }
}

function plain(table: string): string {
  return table.replace(/^public\./, '').replaceAll('"', '')
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
