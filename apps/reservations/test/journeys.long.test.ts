/**
 * Journeys in a real browser that other files do not make: joining by the link, moving a game and
 * changing who plays, a child's game and a guest, the clubhouse's screen, a calendar, one's own
 * data, leaving. On a phone without JavaScript and on a desk with it.
 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { inviteSoon, nextInvitation } from '../src/data/invitations.ts'
import { inClub } from '../src/database.ts'
import { addMembers, NOW_MS } from './kit.ts'
import { accounts, DESK, logIn, origin, PHONE, service, visitor } from './visitors.ts'

const club = `${origin}/zuiderpark`
const PASSWORD = 'a-new-racket-2026'

/** A member nobody has written to yet. @returns What the link in the letter ends with. */
async function invitation(): Promise<string> {
  const { zuiderpark, database } = service
  const [id = assert.fail('no member')] = await addMembers(service, zuiderpark, 1)
  return await inClub(database, zuiderpark.id, async (tx) => {
    await inviteSoon(tx, zuiderpark.id, [id])
    const due = await nextInvitation(tx, zuiderpark, NOW_MS)
    return due?.token ?? assert.fail('nobody is to be invited')
  })
}

async function join(page: Page, token: string): Promise<void> {
  await page.goto(`${club}/join/${token}`)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.locator('main button').last().click()
  await page.waitForURL('**/zuiderpark/day')
}

/** @returns Whom it chose: somebody who does not play elsewhere then. */
async function choosePartner(page: Page): Promise<string> {
  const select = page.getByRole('combobox', { name: /^Partner 1/ })
  const free = select.locator('option:not([disabled]):not([value=""])').first()
  const name = ((await free.textContent()) ?? '').trim()
  await select.selectOption({ label: name })
  return name
}

/** Opens the first free slot that matches, on the list of a phone or the grid of a desk. */
async function openSlot(page: Page, date: string, name: RegExp): Promise<void> {
  await page.goto(`${club}/day?date=${date}`)
  await page
    .locator('a[href*="/book?"]:visible')
    .and(page.getByRole('link', { name }))
    .first()
    .click()
}

const press = async (page: Page, name: string | RegExp): Promise<void> =>
  await page.getByRole('button', { name }).first().click()

for (const [width, script] of [
  [PHONE, false],
  [DESK, true],
] as const) {
  const manner = `at ${width} px ${script ? 'with' : 'without'} JavaScript`

  test(`browser: join, book, move, change who plays, keep a calendar, leave, ${manner}`, async () => {
    const context = await visitor({ width, script })
    const page = await context.newPage()
    const token = await invitation()
    await join(page, token)

    await openSlot(page, '2026-11-28', /^Free, .*Tennis 2: book$/)
    await press(page, /^Book /)
    await page.getByRole('status').getByText('Booked').waitFor()
    const game = new URL(page.url()).pathname
    await page.getByRole('link', { name: 'Change', exact: true }).click()
    const partner = await choosePartner(page)
    await press(page, /^Save the change/)
    await page.getByText('Changed.').waitFor()
    assert(await page.getByText(partner).first().isVisible())
    await page.getByRole('link', { name: 'Change', exact: true }).click()
    await page
      .getByRole('link', { name: /Tennis \d/ })
      .first()
      .click() // same time elsewhere
    const court = (await page.getByRole('heading', { level: 1 }).textContent()) ?? ''
    await press(page, /^Save the change/)
    await page.getByText('Changed.').waitFor()
    assert.equal(new URL(page.url()).pathname, game, 'it is the same booking')
    assert.notEqual(court, '')

    await page.goto(`${club}/me`)
    await press(page, 'Make an address')
    const address = await page.getByLabel(/^This address is shown once/).inputValue()
    const path = new URL(address).pathname
    const calendar = await (await fetch(origin + path)).text()
    assert.match(calendar, /BEGIN:VEVENT/)
    assert(!calendar.includes(partner), 'nobody else is named')
    await page.goto(`${club}/me`)
    await press(page, /^Revoke/)
    await page.getByText('The address answers no more.').waitFor()
    assert.equal((await fetch(origin + path)).status, 404)

    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download (JSON)' }).click()
    const data = await readFile(await (await download).path(), 'utf8')
    assert.match(data, /@racers\.example/)
    await page.goto(`${club}/me/leave`)
    await page.getByLabel('Password').fill(PASSWORD)
    await press(page, 'Erase my data')
    await page.getByText('Your data are erased').waitFor()
    assert.equal((await page.goto(`${club}/join/${token}`))?.status(), 410)
    await context.close()
  })

  test(`browser: a parent books for a child, ${manner}`, async () => {
    const context = await visitor({ width, script })
    const page = await context.newPage()
    await logIn(page, accounts.member)
    await service.superuser`UPDATE bookings SET status = 'cancelled', cancelled_at = now()
      WHERE kind = 'play' AND status = 'confirmed' AND owner_id IN (
        SELECT id FROM members WHERE first_name = 'Noor')` // or her own rule may be in the way
    await bookFor(page)
    await page.getByRole('status').getByText('Booked').waitFor()
    assert(await page.getByText(/^Noor/).first().isVisible(), 'her parent reads her name')
    await press(page, 'Cancel the booking')
    await page.getByText('The court is free again').waitFor()
    await context.close()
  })

  test(`browser: a member brings a guest, as many a season as the club says, ${manner}`, async () => {
    const context = await visitor({ width, script })
    const page = await context.newPage()
    await join(page, await invitation())
    await service.superuser`UPDATE subscriptions SET guests_season = 1 WHERE name = 'Racers'`
    await service.superuser`UPDATE clubs SET guest_tickets = 0 WHERE slug = 'zuiderpark'`
    await openSlot(page, '2026-11-29', /^Free, .*Tennis 1: book$/)
    await page.getByLabel(/^Guests/).selectOption({ label: '1 guest' })
    await press(page, /^Book /)
    await page.getByRole('status').getByText('Booked').waitFor()
    assert(
      await page
        .getByText(/1 guest/)
        .first()
        .isVisible(),
    )
    await openSlot(page, '2026-11-30', /^Free, .*Tennis 2: book$/)
    await page.getByLabel(/^Guests/).selectOption({ label: '1 guest' })
    await press(page, /^Book /)
    await page.getByText('This cannot be booked').waitFor()
    await context.close()
  })

  test(`browser: a game is checked in at the screen in the clubhouse, ${manner}`, async () => {
    const context = await visitor({ width, script })
    const page = await context.newPage()
    await logIn(page, accounts.secretary)
    await page.goto(`${club}/office/rules`)
    await page.getByLabel(/^Freed without check-in after/).fill('10')
    await press(page, 'Save')
    await page.getByText('Saved.').waitFor()
    const player = await context.browser()!.newContext({ locale: 'en-GB' })
    const own = await player.newPage()
    await join(own, await invitation())
    await openSlot(own, '2026-11-25', /^Free, 10:/)
    await press(own, /^Book /)
    await own.getByRole('status').getByText('Booked').waitFor()
    const pin = /(?<!\d)\d{6}(?!\d)/.exec((await own.locator('main').textContent()) ?? '')?.[0]

    await page.goto(`${club}/office`)
    await press(page, 'Make this device the screen')
    await page.getByLabel('Check-in number').fill('000000')
    await press(page, 'Check in')
    assert.equal(await page.getByText(/^Welcome to/).count(), 0)
    await page.getByLabel('Check-in number').fill(pin ?? '')
    await press(page, 'Check in')
    await page.getByText(/^Welcome to .*Enjoy your game!$/).waitFor()
    assert.doesNotMatch((await page.locator('main').textContent()) ?? '', /Racer/)
    await player.close()
    await context.close()
  })
}

/** Books a court for Noor. */
async function bookFor(page: Page): Promise<void> {
  await openSlot(page, '2026-11-28', /^Free, (?:09|10|11):.*Tennis [34]: book$/)
  const label = (await optionLike(page, /^Noor/)) ?? assert.fail('no child')
  await page.getByRole('combobox', { name: 'Book for' }).selectOption({ label })
  await choosePartner(page)
  await press(page, /^Book /)
}

/** The label of the option that matches. */
async function optionLike(page: Page, pattern: RegExp): Promise<string | undefined> {
  const labels = await page
    .getByRole('combobox', { name: 'Book for' })
    .locator('option')
    .allTextContents()
  return labels.find((label) => pattern.test(label.trim()))
}
