/** Every page under axe, on a phone and on a desk, light and dark. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { DEMO_PASSWORD } from '../src/demo/accounts.ts'
import { accounts, DESK, logIn, origin, PHONE, visitor } from './visitors.ts'

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

/** The rooms of the office, before and after the password is given again. */
async function lookAtOffice(page: Page, court: string, weekday: number): Promise<void> {
  const office = '/zuiderpark/office'
  const course = `court=${court}&title=Class&weekday=${weekday}&start=840&length=60`
  await look(page, `${office}/series`)
  await look(page, `${office}/series/preview?${course}&first=2026-12-01&last=2027-01-31`)
  await page.getByRole('button', { name: 'Plan them all' }).click()
  const [one = assert.fail('no course')] = await hrefs(page, '.link-card')
  await look(page, one)
  const [quota = assert.fail('no quota')] = await page
    .goto(`${origin}${office}/rules`)
    .then(() => hrefs(page, '.quota-edit'))
  await look(page, quota)
  await look(page, `${office}/numbers`)
  await look(page, `${office}/money`)
  await look(page, `${office}/club`)
  await look(page, `${office}/journal`)
  await look(page, `${office}/members`) // asks for the password
  await page.getByLabel('Password').fill(DEMO_PASSWORD)
  await page.getByRole('button', { name: 'Go on' }).click()
  await look(page, `${office}/members`)
  await look(page, `${office}/import`)
  const row = 'Voornaam;Naam;E-mail;Geboortejaar;Abonnement\nAnn;Claes;ann@post.example;1980;X\n'
  const file = { name: 'm.csv', mimeType: 'text/csv', buffer: Buffer.from(row) }
  await page.getByLabel('CSV file').setInputFiles(file)
  await page.getByRole('button', { name: 'See what would happen' }).click()
  await page.waitForURL('**/office/import/*')
  await look(page, new URL(page.url()).pathname)
  await look(page, `${office}/links`)
  await look(page, `${office}/staff`)
  await page.goto(`${origin}${office}/journal`)
  const [undo = assert.fail('nothing to undo')] = await hrefs(page, '.act-links a')
  await look(page, undo)
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
    await look(page, '/zuiderpark/me/leave')
    await look(page, '/zuiderpark/wait?date=2026-11-26')
    await look(page, `/zuiderpark/join/${'A'.repeat(43)}`)
    await context.clearCookies()
    await logIn(page, accounts.secretary)
    await look(page, '/zuiderpark/office')
    const box = await page.locator('input[name=court]').first().getAttribute('value')
    const day = 'fromDate=2026-11-26&fromMinute=480&toDate=2026-11-26&toMinute=1320'
    await look(page, `/zuiderpark/office/close?court=${box}&${day}&title=Rain`)
    await look(page, '/zuiderpark/office/rules')
    await look(page, '/zuiderpark/office/courts')
    await look(page, '/zuiderpark/office/courts/new')
    await lookAtOffice(page, box ?? '', width === DESK ? 3 : 4) // each plans its own course
    if (width === DESK) await look(page, free)
    await page.goto(`${origin}/zuiderpark/office/rules`)
    await page.getByLabel(/^Freed without check-in after/).fill('10')
    await page.getByRole('button', { name: 'Save' }).first().click()
    await page.getByText('Saved.').waitFor()
    await page.goto(`${origin}/zuiderpark/office`)
    await page.getByRole('button', { name: 'Make this device the screen' }).click()
    await look(page, '/zuiderpark/kiosk')
    await context.close()
  })
}
