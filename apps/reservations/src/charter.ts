/**
 * What the operator says of a new club, read from the words of the command. Pure.
 *
 * @module
 */
import type { Charter } from './data/founding.ts'
import { isLanguage } from './words/say.ts'

export const HELP = `Brings in a club, or shows those there are.

  found.ts --slug zuiderpark --name "Tennis & Padel Zuiderpark" --town Gent \\
           --zone Europe/Brussels --language nl \\
           --email secretariaat@zuiderpark.be --secretary "Lotte Vermeulen"
  found.ts --list             every club: courts, members, whether its secretary came in
  found.ts --invite SLUG      a new link for a secretary who has not come in yet

  --slug       the club in every address: 2 to 31 of a-z, 0-9 and -
  --name       as members read it, at most 80 characters
  --town       optional
  --zone       IANA name of the club's clock
  --language   nl, fr or en: of its first page and of letters
  --email      of the first secretary
  --secretary  first name, then last name
  --born       year of the secretary's birth; optional, the office can set it
  --colour     #rrggbb; optional, the office can change it

The secretary's link is printed once, and kept nowhere. Where mail is configured it is written to the
secretary too. Courts, rules, members and the logo are the secretary's work, in the office.

Environment: MIGRATION_DATABASE_URL (required), DATABASE_CA, PUBLIC_ORIGIN, SMTP_URL or SMTP_URL_FILE,
MAIL_FROM, as the service reads them.
Status: 0 done, 1 refused or failed, 2 wrong usage; in both cases nothing was done.
`

/** Why nothing was done: a word for programs, a sentence for people. */
export class FoundingError extends Error {
  override readonly name = 'FoundingError'
  readonly code: string
  readonly status: 1 | 2

  constructor(code: string, message: string, status: 1 | 2 = 2) {
    super(message)
    this.code = code
    this.status = status
  }
}

export const options = {
  slug: { type: 'string' },
  name: { type: 'string' },
  town: { type: 'string' },
  zone: { type: 'string' },
  language: { type: 'string' },
  email: { type: 'string' },
  secretary: { type: 'string' },
  born: { type: 'string' },
  colour: { type: 'string' },
  list: { type: 'boolean' },
  invite: { type: 'string' },
  help: { type: 'boolean' },
} as const

export type Given = Readonly<Partial<Record<keyof typeof options, string | boolean>>>

/** First parts of addresses that are no club. */
const reserved: ReadonlySet<string> = new Set([
  'api',
  'healthz',
  'language',
  'office',
  'payments',
  'static',
  'well-known',
])
const COLOUR = '#0b6e53'
/** A member whose year of birth is not known. */
const YEAR_UNKNOWN = 1900

/** @throws {FoundingError} For the first thing that is wrong. */
export function charterOf(given: Given, year: number): Charter {
  const text = (name: keyof Given): string => String(given[name] ?? '').trim()
  const slug = text('slug')
  if (!/^[a-z0-9][a-z0-9-]{1,30}$/.test(slug))
    throw wrong('BAD_SLUG', slug, 'is no --slug: 2 to 31 of a-z, 0-9 and -, not beginning with -')
  if (reserved.has(slug)) throw wrong('SLUG_RESERVED', slug, 'is an address of the service itself')
  const name = lineOf(text('name'), 80) ?? fail('BAD_NAME', text('name'), '--name', 80)
  const town = text('town') === '' ? '' : lineOf(text('town'), 80)
  if (town === undefined) throw fail('BAD_TOWN', text('town'), '--town', 80)
  const zone = zoneOf(text('zone'))
  if (zone === undefined)
    throw wrong('BAD_ZONE', text('zone'), 'is no --zone: an IANA name, such as Europe/Brussels')
  const language = text('language')
  if (!isLanguage(language)) throw wrong('BAD_LANGUAGE', language, 'is no --language: nl, fr or en')
  const email = text('email').toLowerCase()
  if (!/^[^\s@<>"]{1,64}@[^\s@<>"]+\.[^\s@<>".]{2,}$/.test(email) || email.length > 254)
    throw wrong('BAD_EMAIL', email, 'is no --email address')
  const [firstName = '', ...rest] = text('secretary').split(/\s+/)
  const lastName = rest.join(' ')
  if (lineOf(firstName, 60) === undefined || lineOf(lastName, 60) === undefined)
    throw wrong('BAD_SECRETARY', text('secretary'), 'is no --secretary: first name, then last name')
  const born = text('born') === '' ? YEAR_UNKNOWN : Number(text('born'))
  if (!/^(\d{4})?$/.test(text('born')) || born < 1900 || born > year)
    throw wrong('BAD_BORN', text('born'), `is no year of birth: 1900 to ${year}`)
  const colour = text('colour') === '' ? COLOUR : text('colour').toLowerCase()
  if (!/^#[0-9a-f]{6}$/.test(colour))
    throw wrong('BAD_COLOUR', colour, 'is no --colour: #rrggbb, such as #0b6e53')
  return { slug, name, town, zone, language, colour, email, firstName, lastName, birthYear: born }
}

/** One line of text without control characters, or undefined. */
function lineOf(text: string, max: number): string | undefined {
  const isLine = text !== '' && Array.from(text).length <= max && !/\p{Cc}/u.test(text)
  return isLine ? text : undefined
}

/** The zone as IANA writes it; offsets and abbreviations have no summer. */
function zoneOf(text: string): string | undefined {
  const known = Intl.supportedValuesOf('timeZone').concat('UTC')
  return known.find((zone) => zone.toLowerCase() === text.toLowerCase())
}

function wrong(code: string, value: string, sentence: string): FoundingError {
  return new FoundingError(code, `${JSON.stringify(value.slice(0, 100))} ${sentence}`)
}

function fail(code: string, value: string, option: string, max: number): never {
  throw wrong(code, value, `is no ${option}: one line of at most ${max} characters`)
}
