/**
 * A member's evening, in a real browser: log in, find a court, book it, see it, give it back. On a
 * phone and on a desk, with JavaScript and without.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accounts, DESK, logIn, origin, PHONE, visitor } from './visitors.ts'

const TOMORROW = '/zuiderpark/day?date=2026-11-26'

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

test('browser: a day that is looked at shows what another member just booked', async () => {
  const watching = await visitor({ width: DESK })
  const page = await watching.newPage()
  await page.goto(origin + TOMORROW)
  const other = await visitor({ width: DESK, script: false })
  const booker = await other.newPage()
  await logIn(booker, accounts.member)
  await booker.goto(origin + TOMORROW)
  const free = booker.locator('[data-grid] td.free a')
  const address = (await free.first().getAttribute('href')) ?? assert.fail('nothing is free')
  const here = page.locator(`[data-grid] a[href="${address}"]`)
  await here.focus()
  await page.evaluate('document.body.dataset.kept = "yes"')
  await free.first().click()
  await booker.getByRole('combobox', { name: /^Partner 1/ }).selectOption({ index: 1 })
  await booker.getByRole('button', { name: /^Book / }).click()
  await booker.getByRole('status').getByText('Booked').waitFor()
  await here.waitFor({ state: 'detached' })
  assert.equal(await page.locator('body').getAttribute('data-kept'), 'yes', 'it was not reloaded')
  assert.equal(await page.locator('[data-grid] a[tabindex="0"]').count(), 1)
  await booker.getByRole('button', { name: 'Cancel the booking' }).click()
  await here.waitFor()
  await watching.close()
  await other.close()
})

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
  const own = page.locator('.ticket.confirmed').filter({ hasNotText: 'Noor' }) // her child's are there too
  const first = own.last()
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
