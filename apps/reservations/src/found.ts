/**
 * Brings in a club: `bin/node apps/reservations/src/found.ts --help`.
 *
 * For the operator, who holds the address of the schema's owner. What is wrong is said in one
 * sentence after a word that stays the same, and then nothing was done.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { charterOf, FoundingError, HELP, options, type Given } from './charter.ts'
import { allClubs, clubBySlug } from './data/clubs.ts'
import { foundClub, inviteAgain, NobodyInvitedError, progressOf } from './data/founding.ts'
import { SlugTakenError, type Charter } from './data/founding.ts'
import { INVITATION_DAYS } from './data/invitations.ts'
import { codeOf, openDatabase, type Database } from './database.ts'
import { invitationLetter, joinAddress } from './invitations.ts'
import { openPostman } from './mail.ts'

type Environment = Readonly<Record<string, string | undefined>>
type Print = (line: string) => void

/** Does what the words ask. @throws {FoundingError} Then nothing was done. */
export async function runFound(
  words: readonly string[],
  env: Environment,
  print: Print,
): Promise<void> {
  const given = givenOf(words)
  if (given.help) return print(HELP)
  const charter =
    given.list || given.invite !== undefined
      ? undefined
      : charterOf(given, new Date().getUTCFullYear())
  const owner = openOwner(env)
  try {
    if (given.list) await list(owner, print)
    else if (charter) await found(owner, charter, env, print)
    else await invite(owner, String(given.invite), env, print)
  } finally {
    await owner.end({ timeout: 5 })
  }
}

function givenOf(words: readonly string[]): Given {
  try {
    return parseArgs({ args: [...words], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw new FoundingError('BAD_USAGE', `${(error as Error).message}; see --help`)
  }
}

function openOwner(env: Environment): Database {
  const url = env['MIGRATION_DATABASE_URL'] ?? ''
  if (!URL.canParse(url))
    throw new FoundingError('NO_DATABASE', 'MIGRATION_DATABASE_URL names the schema’s owner')
  const ca = env['DATABASE_CA']
  return openDatabase(url, ca ? readFileSync(ca, 'utf8') : undefined, 1)
}

async function found(
  owner: Database,
  charter: Charter,
  env: Environment,
  print: Print,
): Promise<void> {
  const { slug, name, email } = charter
  const { token } = await foundClub(owner, charter, Date.now()).catch((error: unknown) => {
    if (!(error instanceof SlugTakenError)) throw error
    throw new FoundingError('SLUG_TAKEN', `a club ${JSON.stringify(slug)} is there already`, 1)
  })
  print(`founded ${name} (${slug})`)
  await hand(owner, { slug, email, token }, env, print)
  print('next: the secretary chooses a password, then adds courts, rules and members in the office')
}

async function invite(
  owner: Database,
  slug: string,
  env: Environment,
  print: Print,
): Promise<void> {
  const club = await clubBySlug(owner, slug)
  if (!club) throw new FoundingError('NO_CLUB', `there is no club ${JSON.stringify(slug)}`, 1)
  const made = await inviteAgain(owner, club.id, Date.now()).catch((error: unknown) => {
    if (!(error instanceof NobodyInvitedError)) throw error
    throw new FoundingError('ALREADY_IN', 'every secretary of this club has a password', 1)
  })
  await hand(owner, { slug, ...made }, env, print)
}

type Invited = { readonly slug: string; readonly email: string; readonly token: string }

/** Prints the link, and mails it where there is mail. A letter that fails does no harm: it is printed. */
async function hand(
  owner: Database,
  { slug, email, token }: Invited,
  env: Environment,
  print: Print,
): Promise<void> {
  const origin = new URL(env['PUBLIC_ORIGIN'] ?? 'https://localhost:8443').origin
  const address = joinAddress(origin, slug, token)
  print(`link for ${email}, shown this once, for ${INVITATION_DAYS} days:`)
  print(`  ${address}`)
  const file = env['SMTP_URL_FILE']
  const smtp = file === undefined ? env['SMTP_URL'] : readFileSync(file, 'utf8').trim()
  const club = await clubBySlug(owner, slug)
  if (!smtp || !club) return
  const from = env['MAIL_FROM'] ?? 'no-reply@reservations.example'
  await using postman = openPostman(smtp, from, () => undefined)
  const letter = invitationLetter(club, { firstName: '', lastName: '', email }, address)
  await postman.send(letter).then(
    () => print('the link was mailed, too'),
    (error: unknown) => print(`MAIL_FAILED: hand the link over yourself (${codeOf(error)})`),
  )
}

async function list(owner: Database, print: Print): Promise<void> {
  const rows = [['club', 'name', 'town', 'zone', 'courts', 'members', 'secretary']]
  for (const { id, slug, name, town, zone } of await allClubs(owner)) {
    const { courts, members, isRun } = await progressOf(owner, id)
    const state = isRun ? 'came in' : 'invited'
    rows.push([slug, name, town, zone, String(courts), String(members), state])
  }
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => wide(row[at]))))
  for (const row of rows) {
    const cells = row.map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - wide(cell)))
    print(cells.join('  ').trimEnd())
  }
}

function wide(cell = ''): number {
  return Array.from(cell).length
}

/** What the program prints when it did nothing, and its status. */
export function refusalOf(error: unknown): { readonly line: string; readonly status: number } {
  if (error instanceof FoundingError) {
    return { line: `reservations: ${error.code}: ${error.message}`, status: error.status }
  }
  const code = codeOf(error)
  const hint = code === '42P01' ? 'migrate first (src/migrate.ts)' : 'nothing was done'
  return { line: `reservations: FAILED: the database answered ${code}; ${hint}`, status: 1 }
}

if (import.meta.main) {
  try {
    await runFound(process.argv.slice(2), process.env, (line) => console.log(line))
  } catch (error) {
    const { line, status } = refusalOf(error)
    console.error(line)
    process.exitCode = status
  }
}
