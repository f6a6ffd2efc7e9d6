/** Founding a club by the operator's command, as a real process against a real PostgreSQL. */
import assert from 'node:assert/strict'
import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ownForm, startReservations } from '../test/kit.ts'
import { charterOf, FoundingError } from './charter.ts'
import { clubBySlug, courtsOf } from './data/clubs.ts'
import { inClub } from './database.ts'
import { refusalOf, runFound } from './found.ts'
import { drawnLogo, initialsOf } from './logo.ts'

const service = await startReservations()
const { origin, superuser, database, postgres } = service
after(() => service[Symbol.asyncDispose]())

const PUBLIC_ORIGIN = 'https://club.example'
const ownerUrl =
  `postgres://reservations_owner:owner@localhost:${postgres.port}/reservations` +
  `?host=${encodeURIComponent(postgres.socketDir)}`

const given = {
  slug: 'duinpark',
  name: 'TC Duinpark & Zonen',
  town: 'Knokke',
  zone: 'europe/brussels',
  language: 'nl',
  email: 'Secretariaat@Duinpark.example',
  secretary: 'Ann De Wilde',
}

function wordsOf(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, value])
}

/** The command as an operator runs it. */
function program(words: readonly string[]): SpawnSyncReturns<string> {
  const file = fileURLToPath(new URL('found.ts', import.meta.url))
  const args = [...process.execArgv.filter((word) => !word.startsWith('--test')), file, ...words]
  const full = { ...process.env, ...env }
  return spawnSync(process.execPath, args, { env: full, encoding: 'utf8', timeout: 60_000 })
}

const env = { MIGRATION_DATABASE_URL: ownerUrl, PUBLIC_ORIGIN }

/** The command; a refusal is printed as the program prints it. */
async function run(words: readonly string[]): Promise<string> {
  const lines: string[] = []
  await runFound(words, env, (line) => lines.push(line)).catch((error: unknown) =>
    lines.push(refusalOf(error).line),
  )
  return lines.join('\n')
}

async function countsOf(): Promise<unknown> {
  const [row] = await superuser`SELECT (SELECT count(*)::int FROM clubs) AS clubs,
    (SELECT count(*)::int FROM subscriptions) AS subscriptions,
    (SELECT count(*)::int FROM members) AS members, (SELECT count(*)::int FROM acts) AS acts`
  return row
}

const linkIn = (text: string): string => /https:\/\/club\.example(\/\S+)/.exec(text)?.[1] ?? ''

test('found: a club is founded, and its secretary comes in by the link and runs it', async () => {
  const done = program(wordsOf(given))
  assert.equal(done.status, 0, done.stderr)
  const path = linkIn(done.stdout)
  assert.match(path, /^\/duinpark\/join\/[\w-]{43}$/)
  const club = (await clubBySlug(database, 'duinpark')) ?? assert.fail()
  assert.equal(club.zone, 'Europe/Brussels')
  assert.equal((await inClub(database, club.id, (tx) => courtsOf(tx, club.id))).length, 0)
  const [stored] = await superuser`SELECT count(*)::int AS n FROM invitations
    WHERE encode(token_hash, 'escape') LIKE ${`%${path.slice(15, 40)}%`}`
  assert.equal(stored?.['n'], 0, 'the link is kept nowhere')
  const login = async (password: string): Promise<number> => {
    const body = new URLSearchParams({ email: given.email, password, to: '' })
    const post = { method: 'POST', headers: ownForm, body, redirect: 'manual' } as const
    return (await fetch(`${origin}/duinpark/login`, post)).status
  }
  assert.equal(await login(''), 401, 'no password opens it before')
  const joined = await fetch(origin + path, {
    method: 'POST',
    headers: ownForm,
    body: new URLSearchParams({ password: 'a long sentence of hers' }),
    redirect: 'manual',
  })
  assert.equal(joined.headers.get('location'), '/duinpark/day')
  const cookie = joined.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  for (const room of ['day', 'office', 'office/rules', 'office/staff', 'office/journal']) {
    const answer = await fetch(`${origin}/duinpark/${room}`, { headers: { cookie } })
    assert.equal(answer.status, 200, room)
  }
  assert.equal((await fetch(origin + path)).status, 410, 'the link works once')
  assert.equal(await login('a long sentence of hers'), 303)
  const logo = await fetch(`${origin}/duinpark/logo.svg`)
  assert.match(await logo.text(), />TZ<\/text>/)
})

test('found: a second club of the same name in addresses is refused, and nothing was done', async () => {
  const before = await countsOf()
  const again = program(wordsOf({ ...given, slug: 'zuiderpark' }))
  assert.equal(again.status, 1)
  assert.match(again.stderr, /^reservations: SLUG_TAKEN: /)
  assert.equal(again.stdout, '')
  assert.deepEqual(await countsOf(), before)
})

test('found: what fails midway leaves nothing of the club', async () => {
  const before = await countsOf()
  await superuser`ALTER TABLE invitations ADD CONSTRAINT never CHECK (false) NOT VALID`
  const broken = await run(wordsOf({ ...given, slug: 'halfway' }))
  await superuser`ALTER TABLE invitations DROP CONSTRAINT never`
  assert.match(broken, /^reservations: FAILED: .*23514/)
  assert.deepEqual(await countsOf(), before)
})

test('found: each bad word is one sentence after a code that stays the same', async () => {
  const codes: Readonly<Record<string, Partial<typeof given> & Record<string, string>>> = {
    BAD_SLUG: { slug: 'Duin Park' },
    SLUG_RESERVED: { slug: 'api' },
    BAD_NAME: { name: ' ' },
    BAD_TOWN: { town: 'x'.repeat(81) },
    BAD_ZONE: { zone: 'Europe/Brusels' },
    BAD_LANGUAGE: { language: 'de' },
    BAD_EMAIL: { email: 'a@b' },
    BAD_SECRETARY: { secretary: 'Ann' },
    BAD_BORN: { born: '2027' },
    BAD_COLOUR: { colour: 'green' },
  }
  for (const [code, wrong] of Object.entries(codes)) {
    const check = (error: unknown): boolean => error instanceof FoundingError && error.code === code
    assert.throws(() => charterOf({ ...given, ...wrong }, 2026), check, code)
  }
  for (const zone of ['+02:00', 'CEST', '']) {
    assert.throws(() => charterOf({ ...given, zone }, 2026), { code: 'BAD_ZONE' }, zone)
  }
  assert.match(await run(['--nonsense']), /^reservations: BAD_USAGE: /)
  await assert.rejects(
    runFound(['--list'], {}, () => undefined),
    { code: 'NO_DATABASE', status: 2 },
  )
  assert.match(await run(['--help']), /--slug/)
})

test('found: the application itself may found no club and make no secretary', async () => {
  const club = (await clubBySlug(database, 'zuiderpark')) ?? assert.fail()
  const refused = { code: '42501' }
  const insert = database`INSERT INTO clubs (slug, name, zone, language, colour, logo_svg,
      opens_minute, closes_minute) VALUES ('x-x', 'X', 'UTC', 'nl', '#000000', '', 0, 60)`
  await assert.rejects(insert, refused)
  const promote = inClub(
    database,
    club.id,
    (tx) => tx`UPDATE members SET role = 'secretary' WHERE club_id = ${club.id}`,
  )
  await assert.rejects(promote, refused)
})

test('found: the list tells how far each club is; a link that was lost is made anew, once', async () => {
  const founded = await run(wordsOf({ ...given, slug: 'noord', name: 'Padel Noord' }))
  const list = await run(['--list'])
  assert.match(list, /^noord +Padel Noord +Knokke +Europe\/Brussels +0 +1 +invited$/m)
  assert.match(list, /^zuiderpark .* 7 .*came in$/m)
  const again = await run(['--invite', 'noord'])
  assert.equal((await fetch(origin + linkIn(founded))).status, 410)
  assert.equal((await fetch(origin + linkIn(again))).status, 200)
  assert.match(await run(['--invite', 'zuiderpark']), /ALREADY_IN/)
  assert.match(await run(['--invite', 'nowhere']), /NO_CLUB/)
})

test('found: nobody of a founded club reads another, with row security or without', async () => {
  const club = (await clubBySlug(database, 'noord')) ?? assert.fail()
  const seen = await inClub(
    database,
    club.id,
    (tx) => tx<{ n: number }[]>`SELECT count(*)::int AS n FROM members WHERE club_id <> ${club.id}`,
  )
  assert.equal(seen[0]?.n, 0)
  const [row] = await database<{ n: number }[]>`SELECT count(*)::int AS n FROM members`
  assert.equal(row?.n, 0, 'and without a club nobody')
})

test('found: a logo is drawn of any name, and holds nothing but letters', () => {
  assert.equal(initialsOf('Tennis Club de la Roseraie'), 'TR')
  assert.equal(initialsOf('Smash'), 'S')
  assert.equal(initialsOf('مضرب الشرق'), 'ما')
  assert.equal(initialsOf('🎾 !'), '')
  for (const name of ['<script>', '"&amp;', '🎾', 'ßa ßb', '']) {
    const letters = />([^<]*)<\/text>/.exec(drawnLogo(name, '#ffd400'))?.[1] ?? ''
    assert.match(letters, /^[\p{L}\p{N}]{0,2}$/u, name)
  }
  assert.match(drawnLogo('A', '#ffd400'), /fill="#101416"/)
  assert.match(drawnLogo('A', '#0b6e53'), /fill="#ffffff"/)
})
