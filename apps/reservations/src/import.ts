/**
 * A club's list of members, as some other program wrote it: bytes → rows → what would change. Pure.
 *
 * Files come in three encodings and with three separators, with columns in any order and language.
 * A cell that a spreadsheet would run as a formula is refused, and never brought in.
 *
 * @module
 */
import { ADULT_YEARS, type Member, type Subscription } from './model.ts'

/** Room for a list far too long, so that it gets a sentence and not a cut connection. */
export const IMPORT_BYTES_MAX: number = 12 * 1024 * 1024
export const IMPORT_ROWS_MAX = 5_000
const TEXT_MAX = 2_000_000

export type FileProblem = 'import.empty' | 'import.tooMany' | 'import.noColumns' | 'import.notText'
type Column = 'first' | 'last' | 'email' | 'year' | 'subscription' | 'licence' | 'guardian'

/** What each column is called in the files of federations and of other programs. */
const columnNames: Readonly<Record<Column, readonly string[]>> = {
  first: ['voornaam', 'prenom', 'first name', 'firstname', 'given name'],
  last: ['naam', 'achternaam', 'familienaam', 'nom', 'nom de famille', 'last name', 'surname'],
  email: ['email', 'e-mail', 'mail', 'e-mailadres', 'adresse e-mail', 'courriel', 'e-mail address'],
  year: [
    'geboortejaar',
    'geboortedatum',
    'annee de naissance',
    'date de naissance',
    'birth year',
    'birth date',
    'year of birth',
    'date of birth',
  ],
  subscription: [
    'abonnement',
    'formule',
    'subscription',
    'membership',
    'lidmaatschap',
    'categorie',
  ],
  guardian: [
    'ouder',
    'e-mail ouder',
    'e-mailadres ouder',
    'parent',
    'e-mail parent',
    'guardian',
    'guardian e-mail',
    'parent e-mail',
  ],
  licence: ['licentie', 'licence', 'license', 'numero de licence', 'licence number', 'lidnummer'],
}

export type Table = {
  readonly rows: readonly string[][]
  readonly columns: Readonly<Partial<Record<Column, number>>>
}

/** UTF-8 and UTF-16 with their marks, UTF-8 without, else Windows-1252, as Excel writes it. */
export function textOf(bytes: Uint8Array): string {
  const [a, b] = bytes
  if (a === 0xff && b === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (a === 0xfe && b === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** Reads the text as a table with a heading, or says why it cannot be one. */
export function tableOf(text: string): Table | FileProblem {
  if (text.includes('\0')) return 'import.notText'
  if (text.trim() === '') return 'import.empty'
  const heading = text.slice(0, 2_000).split(/\r?\n/, 1)[0] ?? ''
  const separator = [';', '\t', ','].toSorted((a, b) => count(heading, b) - count(heading, a))[0]
  const rows = rowsOf(text, separator ?? ';', IMPORT_ROWS_MAX + 2)
  const [names = [], ...rest] = rows
  if (rest.length > IMPORT_ROWS_MAX || text.length > TEXT_MAX) return 'import.tooMany'
  if (rest.length === 0) return 'import.empty'
  const columns: Partial<Record<Column, number>> = {}
  for (const [at, name] of names.entries()) {
    const known = (Object.keys(columnNames) as Column[]).find((column) =>
      columnNames[column].includes(plain(name)),
    )
    if (known && columns[known] === undefined) columns[known] = at
  }
  const { first, last, email, year } = columns
  const isWhole = [first, last, email, year].every((at) => at !== undefined)
  return isWhole ? { rows: rest, columns } : 'import.noColumns'
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1
}

function plain(text: string): string {
  const bare = text.normalize('NFD').replace(/\p{Mn}/gu, '')
  return bare
    .replaceAll(/[_.:]+/g, ' ')
    .trim()
    .toLowerCase()
}

/** RFC 4180, and kinder: any line end, a quote left open ends with the file. */
function rowsOf(text: string, separator: string, rowsMax: number): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let isQuoted = false
  const endRow = (): void => {
    row.push(cell)
    if (row.some((one) => one.trim() !== '')) rows.push(row)
    ;[row, cell] = [[], '']
  }
  for (let at = 0; at < text.length && rows.length < rowsMax; at++) {
    const letter = text[at] ?? ''
    if (isQuoted) {
      if (letter !== '"') cell += letter
      else if (text[at + 1] === '"') cell += text[++at]
      else isQuoted = false
    } else if (letter === '"' && cell.trim() === '') {
      ;[isQuoted, cell] = [true, '']
    } else if (letter === separator) {
      row.push(cell)
      cell = ''
    } else if (letter === '\n' || letter === '\r') {
      endRow()
    } else {
      cell += letter
    }
  }
  if (cell !== '' || row.length > 0) endRow()
  return rows
}

export type RowProblem =
  | 'import.noName'
  | 'import.badEmail'
  | 'import.badYear'
  | 'import.formula'
  | 'import.tooLong'
  | 'import.twice'
  | 'import.noSubscription'
  | 'import.officer'
  | 'import.noGuardian'
  | 'import.youngGuardian'
  | 'import.chain'

export type Entry = {
  readonly firstName: string
  readonly lastName: string
  readonly email: string
  readonly birthYear: number
  readonly subscriptionId: string
  readonly licence: string
  /** E-mail address of the adult member who acts for this one; '' leaves it as it is. */
  readonly guardian: string
}

export type Line = {
  /** As a spreadsheet counts: the heading is row 1. */
  readonly row: number
  readonly name: string
  readonly email: string
} & (
  | { readonly fate: 'new'; readonly entry: Entry }
  | { readonly fate: 'changed'; readonly entry: Entry; readonly id: string }
  | { readonly fate: 'same' }
  | { readonly fate: 'refused'; readonly problem: RowProblem }
)

export type Known = Member & { readonly licence: string }

type Refused = Extract<Line, { readonly fate: 'refused' }>
type Read = {
  readonly head: Pick<Line, 'row' | 'name' | 'email'>
  readonly entry: Entry
  readonly before: Known | undefined
}

/** What bringing the table in would do, line by line. Nothing is done here. */
export function planOf(
  table: Table,
  known: readonly Known[],
  subscriptions: readonly Subscription[],
  year: number,
): Line[] {
  const readLine = lineReader(table, known, subscriptions, year)
  const read = table.rows.map(readLine)
  const entries = read.flatMap((one) => ('entry' in one ? [one.entry] : []))
  const emails = new Map(known.map(({ id, email }) => [id, email]))
  const guardianOf = ({ guardianId }: Known): string => emails.get(guardianId ?? '') ?? ''
  const familyProblem = familyJudge(entries, known, guardianOf, year)
  return read.map((one): Line => {
    if (!('entry' in one)) return one
    const { head, entry, before } = one
    const problem = familyProblem(entry)
    if (problem) return { ...head, fate: 'refused', problem }
    if (!before) return { ...head, fate: 'new', entry }
    const there = { ...before, guardian: guardianOf(before) }
    const isSame = (Object.keys(entry) as (keyof Entry)[]).every(
      (key) => entry[key] === there[key] || (mayBeMissing.has(key) && entry[key] === ''),
    )
    return isSame ? { ...head, fate: 'same' } : { ...head, fate: 'changed', entry, id: before.id }
  })
}

const mayBeMissing: ReadonlySet<keyof Entry> = new Set(['licence', 'guardian'])

/** Reads a line by itself, and refuses what no other line can mend. */
function lineReader(
  table: Table,
  known: readonly Known[],
  subscriptions: readonly Subscription[],
  year: number,
): (cells: string[], at: number) => Read | Refused {
  const byEmail = new Map(known.map((member) => [member.email, member]))
  const seen = new Set<string>()
  return (cells, at) => {
    const read = (column: Column): string => clean(cells[table.columns[column] ?? -1] ?? '')
    const email = read('email').toLowerCase()
    const name = `${read('first')} ${read('last')}`.trim()
    const head = { row: at + 2, name: name.slice(0, 120), email: email.slice(0, 254) }
    const refuse = (problem: RowProblem): Refused => ({ ...head, fate: 'refused', problem })
    const [firstName, lastName, licence] = [read('first'), read('last'), read('licence')]
    const guardian = read('guardian').toLowerCase()
    if ([firstName, lastName, email, licence, guardian].some(isFormula)) {
      return refuse('import.formula')
    }
    if (firstName === '' || lastName === '') return refuse('import.noName')
    if (length(firstName) > 60 || length(lastName) > 60 || length(licence) > 20) {
      return refuse('import.tooLong')
    }
    if (!/^[^\s@<>",;]{1,64}@[^\s@<>",;]+\.[^\s@<>",;.]{2,}$/.test(email) || email.length > 254) {
      return refuse('import.badEmail')
    }
    if (seen.has(email)) return refuse('import.twice')
    seen.add(email)
    const birthYear = yearIn(read('year'), year)
    if (birthYear === undefined) return refuse('import.badYear')
    const before = byEmail.get(email)
    if (before && before.role !== 'member') return refuse('import.officer')
    const wanted = plain(read('subscription'))
    const subscription = subscriptions.find((one) => plain(one.name) === wanted)
    const subscriptionId = subscription?.id ?? (wanted === '' ? before?.subscriptionId : undefined)
    if (subscriptionId === undefined) return refuse('import.noSubscription')
    const entry = { firstName, lastName, email, birthYear, subscriptionId, licence, guardian }
    return { head, entry, before }
  }
}

/** Who acts for whom when the file is in: one level, adults for others (data/families.ts). */
function familyJudge(
  entries: readonly Entry[],
  known: readonly Known[],
  guardianOf: (member: Known) => string,
  year: number,
): (entry: Entry) => RowProblem | undefined {
  const people = new Map<string, Pick<Entry, 'birthYear' | 'guardian'>>()
  for (const one of known)
    people.set(one.email, { birthYear: one.birthYear, guardian: guardianOf(one) })
  for (const { email, birthYear, guardian } of entries)
    people.set(email, { birthYear, guardian: guardian || (people.get(email)?.guardian ?? '') })
  const guardians = new Set([...people.values()].map(({ guardian }) => guardian))
  return ({ email, guardian }) => {
    if (guardian === '') return undefined
    const adult = people.get(guardian)
    if (!adult) return 'import.noGuardian'
    if (adult.birthYear > year - ADULT_YEARS) return 'import.youngGuardian'
    return adult.guardian !== '' || guardians.has(email) ? 'import.chain' : undefined
  }
}

/** No control characters, and none that turn the direction of what follows. */
function clean(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .normalize('NFC')
    .toWellFormed()
}

/** OWASP, CSV Injection: a spreadsheet runs a cell that begins so. */
function isFormula(text: string): boolean {
  return /^[=+\-@|]/.test(text)
}

function length(text: string): number {
  return Array.from(text).length
}

/** The year of a year or a date; days and months are not kept. */
function yearIn(text: string, thisYear: number): number | undefined {
  const found = /^(?:(\d{4})(?:[-/.]\d{1,2}[-/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}))$/.exec(
    text,
  )
  const value = Number(found?.[1] ?? found?.[2] ?? 0)
  return value >= 1900 && value <= thisYear ? value : undefined
}

/** One cell for a spreadsheet: quoted, and never run. */
export function csvCell(text: string): string {
  const safe = isFormula(text) || /^[\t\r]/.test(text) ? `'${text}` : text
  return `"${safe.replaceAll('"', '""')}"`
}
