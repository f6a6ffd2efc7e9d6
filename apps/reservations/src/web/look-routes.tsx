/**
 * How a club looks: its colour and logo as files, and the room where its secretary changes them.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { clubBySlug, logoOf } from '../data/clubs.ts'
import { MissingError } from '../data/errors.ts'
import { dropLogo, logoById, LogosError, saveLogo, saveLook, type Look } from '../data/look.ts'
import { StaleError } from '../data/rules.ts'
import { inClub, type Transaction } from '../database.ts'
import { drawnLogo } from '../logo.ts'
import type { Club } from '../model.ts'
import { ClubPage, type ClubView } from '../pages/club.tsx'
import { PngError, readPng } from '../png.ts'
import { isLanguage } from '../words/say.ts'
import type { WordKey } from '../words/table.ts'
import { answer, behindTheDesk, FormError, formOf, idOf, queryOf } from './desk.tsx'
import type { Fields, Shop } from './desk.tsx'
import { CONTRAST_AA, previewCss, readingOf, themeCss } from './theme.ts'
import { inVisit, type Visit } from './visit.ts'

const NAME_MAX = 80
const VERSION_MAX = 999_999
const COLOUR = /^#[0-9a-f]{6}$/
const css = { 'Content-Type': 'text/css; charset=utf-8' }
const svg = { 'Content-Type': 'image/svg+xml' }
const cache = { 'Cache-Control': 'public, max-age=300' }
const forGood = { 'Cache-Control': 'public, max-age=31536000, immutable' }

export function addLookRoutes(app: Hono, shop: Shop): void {
  app.get('/:club/theme.css', async (c) => {
    const { colour } = await clubOf(c, shop)
    return c.body(themeCss(colour), 200, { ...cache, ...css })
  })
  app.get('/:club/logo.svg', async (c) => {
    const club = await clubOf(c, shop)
    const drawn = (await logoOf(shop.database, club.id)) || drawnLogo(club.name, club.colour)
    return c.body(drawn, 200, { ...cache, ...svg })
  })
  app.get('/:club/logo/:logo', async (c) => {
    const club = await clubOf(c, shop)
    const id = idOf(c, 'logo')
    const png = await inClub(shop.database, club.id, (tx) => logoById(tx, club.id, id))
    if (!png) throw new MissingError('no such logo')
    const type = { 'Content-Type': 'image/png', 'Content-Disposition': 'inline' }
    return c.body(new Uint8Array(png), 200, { ...forGood, ...type })
  })
  addRoom(app, shop)
}

async function clubOf(c: Context, { database }: Shop): Promise<Club> {
  const club = await clubBySlug(database, c.req.param('club') ?? '')
  if (!club) throw new MissingError('no such club')
  return club
}

function addRoom(app: Hono, shop: Shop): void {
  app.get(
    '/:club/office/club',
    behindTheDesk(shop, 'rules', (c, visit) => Promise.resolve(show(c, visit))),
  )
  app.get(
    '/:club/office/club/preview.css',
    behindTheDesk(shop, 'rules', (c, { club }) =>
      Promise.resolve(c.body(previewCss(colourIn(queryOf(c)) ?? club.colour), 200, css)),
    ),
  )
  app.get(
    '/:club/office/club/preview.svg',
    behindTheDesk(shop, 'rules', async (c, { club }) => {
      const query = queryOf(c)
      const own = await logoOf(shop.database, club.id)
      const drawn = drawnLogo(query.text('name'), colourIn(query) ?? club.colour)
      return c.body(own || drawn, 200, svg)
    }),
  )
  app.post(
    '/:club/office/club',
    behindTheDesk(shop, 'rules', async (c, visit, member) => {
      const fields = await formOf(c)
      const draft = draftOf(fields, visit.club)
      const version = fields.whole('version', 0, VERSION_MAX)
      const isSaved = fields.text('act') === 'save' && fields.text('nearest') === ''
      if (draft === undefined) return show(c, visit, { problem: 'club.incomplete' })
      if (!isSaved) return show(c, visit, { draft, version, isPreview: true })
      if (readingOf(draft.colour).contrast < CONTRAST_AA)
        return show(c, visit, { draft, version, isPreview: true }, 409)
      return await trySaving(c, shop, visit, (tx) =>
        saveLook(tx, visit.club, member, draft, version),
      )
    }),
  )
  app.post(
    '/:club/office/club/logo',
    behindTheDesk(shop, 'rules', async (c, visit, member) => {
      const version = queryOf(c).whole('version', 0, VERSION_MAX)
      const { file } = await c.req.parseBody()
      if (!(file instanceof File)) return show(c, visit, { problem: 'logo.none' })
      const bytes = new Uint8Array(await file.arrayBuffer())
      return await trySaving(c, shop, visit, (tx) =>
        saveLogo(tx, visit.club, member, readPng(bytes), version),
      )
    }),
  )
  app.post(
    '/:club/office/club/logo/drop',
    behindTheDesk(shop, 'rules', async (c, visit, member) => {
      const version = (await formOf(c)).whole('version', 0, VERSION_MAX)
      return await trySaving(c, shop, visit, (tx) => dropLogo(tx, visit.club, member, version))
    }),
  )
}

/** What holds now, with `other` in its place. A problem is a 409 unless it says otherwise. */
function show(
  c: Context,
  visit: Visit,
  other: Partial<ClubView> = {},
  status: 200 | 409 = other.problem ? 409 : 200,
): Response {
  const { club } = visit
  const draft = other.draft ?? club
  const reading = readingOf(draft.colour)
  const view = { draft, reading, version: club.lookVersion, isPreview: false, ...other }
  return answer(c, <ClubPage {...{ visit, ...view }} />, status)
}

async function trySaving(
  c: Context,
  shop: Shop,
  visit: Visit,
  work: (tx: Transaction) => Promise<void>,
): Promise<Response> {
  try {
    await inVisit(shop.database, visit, work)
    return c.redirect(`/${visit.club.slug}/office/club?done=saved`, 303)
  } catch (error) {
    const problem = problemOf(error)
    if (!problem) throw error
    const club = (await clubBySlug(shop.database, visit.club.slug)) ?? visit.club
    return show(c, { ...visit, club }, { problem })
  }
}

function problemOf(error: unknown): WordKey | undefined {
  if (error instanceof StaleError) return 'club.stale'
  if (error instanceof LogosError) return 'logo.many'
  return error instanceof PngError ? error.word : undefined
}

/** Undefined when it names no club or no colour. @throws {FormError} For a language we do not speak. */
function draftOf(fields: Fields, club: Club): Look | undefined {
  const language = fields.text('language')
  if (!isLanguage(language)) throw new FormError('language')
  const name = fields.text('name').trim()
  const town = fields.text('town').trim()
  const colour = COLOUR.test(fields.text('nearest')) ? fields.text('nearest') : colourIn(fields)
  const isFine = name !== '' && wide(name) <= NAME_MAX && wide(town) <= NAME_MAX
  return isFine && colour !== undefined ? { ...club, name, town, language, colour } : undefined
}

function wide(text: string): number {
  return Array.from(text).length
}

function colourIn(fields: Fields): string | undefined {
  const colour = fields.text('colour').toLowerCase()
  return COLOUR.test(colour) ? colour : undefined
}
