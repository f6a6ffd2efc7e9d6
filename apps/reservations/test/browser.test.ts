/**
 * A member's evening, in a real browser: log in, find a court, book it, see it, give it back. On a
 * phone and on a desk, with JavaScript and without; and every page under axe, light and dark.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { startBrowser } from '../../../test/kit/browser.ts'
import { DEMO_PASSWORD, demoAccounts } from '../src/demo/accounts.ts'
import { startReservations } from './kit.ts'

const service = await startReservations()
const browser = await startBrowser()
after(async () => {
  await browser.close()
  await service[Symbol.asyncDispose]()
})

const { origin } = service
const accounts = demoAccounts['zuiderpark'] ?? assert.fail()
const PHONE = 390
const DESK = 1280
const TOMORROW = '/zuiderpark/day?date=2026-11-26'

type Guise = { readonly width: number; readonly script?: boolean }

/** A fresh visitor. Any fault on a page, and any breach of its policy, fails the test. */
async function visitor({ width, script = true }: Guise): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    javaScriptEnabled: script,
    locale: 'en-GB',
  })
  context.setDefaultTimeout(45_000)
  context.on('weberror', (error) => assert.fail(error.error()))
  context.on('console', (message) => {
    if (/content security|trusted/i.test(message.text())) assert.fail(message.text())
  })
  return context
}

async function logIn(page: Page, email: string): Promise<void> {
  await page.goto(`${origin}/zuiderpark/login`)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(DEMO_PASSWORD)
  await page.locator('.card').getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL('**/zuiderpark/day')
}

for (const [width, court] of [
  [PHONE, 'Tennis 1'],
  [DESK, 'Tennis 3'],
] as const) {
  for (const script of [true, false]) {
    const manner = `at ${width} px ${script ? 'with' : 'without'} JavaScript`
    test(`browser: log in, book, see it, cancel, ${manner}`, async () => {
      const context = await visitor({ width, script })
      const page = await context.newPage()
      await logIn(page, accounts.member)
      await page.goto(origin + TOMORROW)
      const free = page.getByRole('link', { name: new RegExp(`^Free, .*, ${court}: book$`) })
      await free.first().click()
      await page.getByRole('heading', { name: court }).waitFor()
      const partner = page.getByRole('combobox', { name: /^Partner 1/ })
      if (script) await page.getByRole('searchbox', { name: /^Partner 1/ }).fill('jonas de s')
      else await partner.selectOption({ label: 'Jonas De Smet' })
      assert.notEqual(
        await partner.inputValue(),
        '',
        'typing part of a name chooses the one it fits',
      )
      await page.getByRole('button', { name: /^Book / }).click()
      await page.getByRole('status').getByText('Booked').waitFor()
      assert(await page.getByText('Jonas De Smet').isVisible())
      const address = new URL(page.url()).pathname
      await page.goto(origin + TOMORROW)
      await page.locator(`a[href="${address}"]:visible`).click()
      await page.getByRole('button', { name: 'Cancel the booking' }).click()
      await page.getByText('The court is free again').waitFor()
      await page.goto(origin + TOMORROW)
      assert.equal(await page.locator(`a[href="${address}"]`).count(), 0)
      await context.close()
    })
  }
}

test('browser: a free court is reached and booked by keyboard alone', async () => {
  const context = await visitor({ width: DESK })
  const page = await context.newPage()
  await logIn(page, accounts.member)
  await page.goto(origin + TOMORROW)
  const stops = await page.locator('[data-grid] a[tabindex="0"]').count()
  assert.equal(stops, 1, 'the grid is one tab stop')
  await page.locator('[data-grid] a[tabindex="0"]').focus()
  const before = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowDown')
  const label = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
  assert.match(label ?? '', /^Free, /)
  assert.notEqual(label, before)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/book?**')
  await page.goto(origin + TOMORROW)
  await page.keyboard.press('PageDown')
  await page.waitForURL('**date=2026-11-27**')
  await context.close()
})

test('browser: the secretary sees who is touched, closes, and those are told', async () => {
  const context = await visitor({ width: DESK })
  const page = await context.newPage()
  await logIn(page, accounts.member)
  await page.goto(`${origin}/zuiderpark/bookings`)
  const coming = await page.locator('.ticket.confirmed').count()
  const first = page.locator('.ticket.confirmed').last()
  const courtName =
    (await first.locator('.ticket-body > span:not(.small):not(.visually-hidden)').textContent()) ??
    ''
  await context.clearCookies()
  await logIn(page, accounts.secretary)
  await page.goto(`${origin}/zuiderpark/office`)
  await page.getByRole('checkbox', { name: courtName }).check()
  await page.getByLabel('From: Date').fill('2026-11-27')
  await page.getByLabel('To: Date').fill('2026-11-27')
  await page.getByLabel('From: Time').selectOption('19:00')
  await page.getByLabel('Reason, shown to members').fill('Storm')
  await page.getByRole('button', { name: 'See who is affected' }).click()
  await page.getByText('Lotte Vermeulen').waitFor()
  await page.getByRole('button', { name: 'Close and tell them' }).click()
  await page.getByText(/^Closed\./).waitFor()
  await context.clearCookies()
  await logIn(page, accounts.member)
  await page.getByText(/is closed: Storm\. Your booking is cancelled/).waitFor()
  await page.getByRole('button', { name: 'Got it' }).click()
  await page.waitForURL('**/zuiderpark/day')
  assert.equal(await page.getByText(/Storm/).count(), 0)
  await page.goto(`${origin}/zuiderpark/bookings`)
  assert.equal(await page.locator('.ticket.confirmed').count(), coming - 1)
  await context.close()
})

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong, in its own words. @param options As `axe.run` takes them. */
async function faults(page: Page, options: object): Promise<string[]> {
  await page.evaluate(axe)
  const found: unknown = await page.evaluate(
    `axe.run(document, ${JSON.stringify({ ...options, resultTypes: ['violations'] })}).then(
      ({ violations }) =>
        violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).slice(0, 2)))`,
  )
  assert(Array.isArray(found))
  return found.map(String)
}

/** All that axe knows in the light; in the dark only the colours differ. */
async function look(page: Page, path: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto(origin + path)
  const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  assert.equal(wide, 0, `${path} scrolls sideways`)
  assert.deepEqual(await faults(page, {}), [], path)
  await page.emulateMedia({ colorScheme: 'dark' })
  const colours = { runOnly: { type: 'rule', values: ['color-contrast'] } }
  assert.deepEqual(await faults(page, colours), [], `${path} in the dark`)
}

async function hrefs(page: Page, selector: string): Promise<string[]> {
  const links = page.locator(selector)
  return await links.evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''))
}

test('browser: axe does find what is wrong', async () => {
  const context = await visitor({ width: DESK })
  const page = await context.newPage()
  await page.setContent('<html><body><img src="x"><p style="color:#999">pale</p></body></html>')
  const found = (await faults(page, {})).join()
  for (const rule of ['image-alt', 'color-contrast', 'html-has-lang']) assert(found.includes(rule))
  await context.close()
})

for (const width of [DESK, PHONE]) {
  test(`browser: axe finds nothing on any page at ${width} px, light or dark`, async () => {
    const context = await visitor({ width })
    const page = await context.newPage()
    await look(page, '/')
    await look(page, '/none/day')
    await look(page, '/zuiderpark/login?to=/zuiderpark/me')
    await logIn(page, accounts.member)
    const [, , free = assert.fail('nothing is free')] = await hrefs(
      page,
      'a[href*="/book?"]:visible',
    )
    await look(page, '/zuiderpark/day')
    if (width === DESK) {
      await look(page, '/roseraie/day?date=2026-11-28')
      await look(page, '/zuiderpark/day?date=2026-11-28')
      await look(page, '/zuiderpark/day?date=2026-12-24')
    }
    await look(page, free)
    await look(page, '/zuiderpark/bookings')
    const [ticket = assert.fail('no booking')] = await hrefs(page, '.ticket')
    await look(page, ticket)
    await look(page, '/zuiderpark/me')
    await context.clearCookies()
    await logIn(page, accounts.secretary)
    await look(page, '/zuiderpark/office')
    const box = await page.locator('input[name=court]').first().getAttribute('value')
    const day = 'fromDate=2026-11-26&fromMinute=480&toDate=2026-11-26&toMinute=1320'
    await look(page, `/zuiderpark/office/close?court=${box}&${day}&title=Rain`)
    await look(page, '/zuiderpark/office/rules')
    if (width === DESK) await look(page, free)
    await context.close()
  })
}
