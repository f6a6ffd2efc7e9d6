/**
 * A secretary's season in a real browser: a rule that then speaks, a course, members from a file, a
 * deed undone; and a member who waits. On a phone without JavaScript and on a desk with it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEMO_PASSWORD } from '../src/demo/accounts.ts'
import { accounts, DESK, logIn, origin, PHONE, visitor } from './visitors.ts'

const office = `${origin}/zuiderpark/office`

for (const [width, script, court, weekday] of [
  [PHONE, false, 'Tennis 2', 'Thursday'],
  [DESK, true, 'Tennis 3', 'Friday'],
] as const) {
  test(`browser: the office at ${width} px ${script ? 'with' : 'without'} JavaScript`, async () => {
    const context = await visitor({ width, script })
    const page = await context.newPage()
    await logIn(page, accounts.secretary)

    // A rule, by its own name.
    await page.goto(`${office}/rules`)
    await page.getByRole('link', { name: 'Add a quota (Volwassene)' }).click()
    await page.getByLabel('Name of the rule').fill(`Morning ${width}`)
    await page.getByLabel('Bookings at most').fill('0')
    await page.getByLabel('Per', { exact: true }).selectOption('day')
    await page.getByLabel('Start between').selectOption('08:00')
    await page.getByLabel('and before').selectOption(script ? '09:00' : '09:30')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()

    // A course: every week is seen before it is planned.
    await page.goto(`${office}/series`)
    await page.getByLabel('Name, shown to members').fill(`Class ${width}`)
    await page.getByRole('checkbox', { name: court }).check()
    await page.getByLabel('Day', { exact: true }).selectOption(weekday)
    await page.getByLabel('Start', { exact: true }).selectOption('19:00')
    await page.getByRole('button', { name: 'See all weeks' }).click()
    await page.getByRole('button', { name: 'Plan them all' }).click()
    await page.getByText(/^Planned: \d+ meetings/).waitFor()

    // Undone in the journal, after a look at the difference.
    await page.goto(`${office}/journal`)
    await page.getByRole('link', { name: `Undo… Course planned: Class ${width}` }).click()
    const isAsked = await page.getByLabel('Password').isVisible()
    assert(isAsked, 'names may be in the difference: the password comes first')
    await page.getByLabel('Password').fill(DEMO_PASSWORD)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('button', { name: 'Put it back' }).click()
    await page.getByText(/rows were put back/).waitFor()

    // Members from a file.
    await page.goto(`${office}/import`)
    const row = `Ann;Peeters ${width};ann${width}@post.example;1980;Volwassene\n=1+1;X;x@post.example;1980;\n`
    const buffer = Buffer.from(`Voornaam;Naam;E-mail;Geboortejaar;Abonnement\n${row}`)
    await page.getByLabel('CSV file').setInputFiles({ name: 'm.csv', mimeType: 'text/csv', buffer })
    await page.getByRole('button', { name: 'See what would happen' }).click()
    await page.getByText('looks like a formula').waitFor()
    await page.getByRole('button', { name: 'Bring them in' }).click()
    await page.getByText('1 new, 0 changed').waitFor()

    // A court more, with its price; and a game on it for a member, against a rule, with a reason.
    await page.goto(`${office}/courts`)
    await page.getByRole('link', { name: 'Add a court' }).click()
    await page.getByLabel('Name').fill(`Court ${width}`)
    await page.getByLabel('Price an hour').fill('9,50')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('€9.50 an hour').first().waitFor()
    await page.goto(`${origin}/zuiderpark/day?date=2026-12-2${script ? 1 : 0}`)
    const far = page.locator('a[href*="/book?"]:visible').last()
    await far.click()
    await page.getByLabel('Book for').selectOption({ index: 3 })
    await page.getByRole('button', { name: /^Book/ }).click()
    await page.getByText('This cannot be booked').first().waitFor()
    await page.getByLabel(/^Reason/).fill('Cup match')
    await page.getByRole('button', { name: /^Book/ }).click()
    await page.getByText('Exception: Cup match').waitFor()

    // The numbers of the season, without anybody in them.
    await page.goto(`${office}/numbers?from=2026-11-01&to=2026-12-31`)
    await page.getByText(`Court ${width}`).first().waitFor()

    // The rule speaks, by its name; and a member waits for a taken time.
    await context.clearCookies()
    await logIn(page, accounts.member)
    await page.goto(`${origin}/zuiderpark/day?date=2026-11-27`)
    const early = page.getByRole('link', { name: /^Free, 08:\d\d, .*: book$/ }).first()
    if (await early.isVisible()) {
      await early.click()
      await page.getByText(`Rule “Morning ${width}”`).waitFor()
    }
    await page.goto(`${origin}/zuiderpark/wait?date=2026-11-27`)
    await page
      .getByRole('button', { name: /^Tell me/ })
      .first()
      .click()
    await page.getByText('You are on the waiting list').waitFor()
    await page.getByRole('button', { name: 'Stop waiting' }).first().click()
    await page.getByText('You are off the waiting list').waitFor()
    await context.close()
  })
}
