/**
 * A member pays for a court in a real browser, at both gateways of the demonstration: comes back,
 * tries to pay twice in two tabs, is refused first, gives the court back and gets the money back; and
 * one leaves. The ring is the real one.
 */
import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrowserContext, Page } from 'playwright-core'
import { startBrowser } from '#kit/browser.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { freePortBase, screenshot, startRing } from '#kit/ring.ts'

const folder = await temporaryFolder('payments')
const portBase = await freePortBase()
const origin = `https://localhost:${8443 + portBase}`
const ring = await startRing({ data: join(folder, 'data'), portBase })
const browser = await startBrowser()
after(async () => {
  await browser.close()
  await ring.interrupt()
  await rm(folder, { recursive: true, force: true })
})

const clubs = {
  zuiderpark: { member: 'lotte@zuiderpark.example', court: 'Tennis 3' },
  roseraie: { member: 'camille@roseraie.example', court: 'Court 3' },
} as const
type Slug = keyof typeof clubs

async function enter(slug: Slug): Promise<{ context: BrowserContext; page: Page }> {
  const options = { ignoreHTTPSErrors: true, locale: 'en-GB', javaScriptEnabled: false }
  const context = await browser.newContext(options)
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  await page.goto(`${origin}/${slug}/login`)
  await page.getByLabel('E-mail address').fill(clubs[slug].member)
  await page.getByLabel('Password').fill('tie-break-7-6')
  await page.locator('.card').getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(`**/${slug}/day`)
  return { context, page }
}

/** Books an indoor court so many days ahead. @returns The address of the booking. */
async function book(page: Page, slug: Slug, days: number): Promise<string> {
  const date = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  await page.goto(`${origin}/${slug}/day?date=${date}`)
  const name = new RegExp(`^Free, .*, ${clubs[slug].court}.*: book$`)
  await page.getByRole('link', { name }).first().click()
  const partner = page.getByLabel('Partner 1', { exact: true })
  // Whoever has a booking of that day already cannot be asked.
  const free = partner.locator('option:not([disabled]):not([value=""])')
  await partner.selectOption((await free.first().getAttribute('value')) ?? '')
  await page.getByRole('button', { name: /^Book / }).click()
  await page.getByRole('status').getByText('Booked').waitFor()
  return page.url().replace(/\?.*/, '')
}

/** From the booking to the gateway's page. */
async function toGateway(page: Page, slug: Slug): Promise<void> {
  const pay = page.getByRole('button', { name: 'Pay', exact: true })
  await pay.click()
  if (slug === 'roseraie') {
    await page.waitForURL(/\/go\/|\/me\/payer/)
    if (page.url().includes('/me/payer')) {
      await sayWhoPays(page)
      await pay.click()
    }
    await page.waitForURL('**/go/**')
    await page.getByRole('button', { name: 'Continue to Paybox' }).click()
  }
  await page.getByText('This is not').waitFor()
}

/** Once for each member: the bank asks. */
async function sayWhoPays(page: Page): Promise<void> {
  await picture(page, 'who-pays')
  await page.getByLabel('Street and number').fill('Rue des Églantines 7')
  await page.getByLabel('Postal code').fill('1060')
  await page.getByLabel('Town').fill('Saint-Gilles')
  await page.getByRole('button', { name: 'Save' }).click()
}

/** Looks at the booking again and again until it says so. */
async function waitFor(page: Page, booking: string, said: RegExp): Promise<void> {
  for (let round = 0; round < 60; round++) {
    await page.goto(booking)
    if (await page.getByText(said).isVisible()) return
    await sleep(1000)
  }
  assert.fail(`the page never said ${said}`)
}

const PAID = /^Paid: €/

/** Gives a paid court back, and sees the money come back. */
async function cancelCourt(page: Page, booking: string): Promise<void> {
  await page.goto(booking)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await waitFor(page, booking, /^€\d+\.\d\d was paid back/)
}

/** Two more than the four everybody of the demonstration begins with. */
async function buyTickets(page: Page): Promise<void> {
  const profile = `${origin}/zuiderpark/me`
  await page.goto(profile)
  await page.getByLabel('How many').fill('2')
  await page.getByRole('button', { name: 'Buy tickets' }).click()
  await page.getByRole('button', { name: /^Pay / }).click()
  await page.waitForURL(`${profile}?done=tickets*`)
  await waitFor(page, profile, /^You have 6 tickets/)
}

for (const slug of ['zuiderpark', 'roseraie'] as const) {
  test(`payments: at ${slug} a member pays once, whatever is done in two tabs`, async () => {
    const { context, page } = await enter(slug)
    const booking = await book(page, slug, 2)
    const other = await context.newPage()
    await other.goto(booking)
    await toGateway(page, slug)
    await toGateway(other, slug)
    if (slug === 'roseraie') {
      await page.getByRole('button', { name: 'Let the bank refuse' }).click()
      await page.getByText('You may try again').waitFor()
      const third = await context.newPage()
      await waitFor(third, booking, /^Your bank refused/) // in the bank's words, not in ours
    }
    await page.getByRole('button', { name: /^Pay / }).click()
    await page.waitForURL(`${booking}?payment=*`)
    await waitFor(page, booking, PAID)
    await other.getByRole('button', { name: /^Pay / }).click() // the second tab pays nothing
    await waitFor(other, booking, PAID)
    await cancelCourt(page, booking)
    await page.goto(`${origin}/${slug}/day`)
    await page.getByText(/you got €\d+\.\d\d back/).waitFor()
    if (slug === 'zuiderpark') await buyTickets(page)
    await context.close()
  })
}

test('payments: a way to pay that is remembered pays in one press, until it is forgotten', async () => {
  for (const slug of ['zuiderpark', 'roseraie'] as const) {
    const { context, page } = await enter(slug)
    const first = await book(page, slug, 2)
    await page.getByLabel('Remember how I pay').check()
    await toGateway(page, slug)
    await page.getByRole('button', { name: /^Pay / }).click()
    await page.waitForURL(`${first}?payment=*`)
    await waitFor(page, first, PAID)
    await cancelCourt(page, first)
    const second = await book(page, slug, 2)
    await picture(page, `remembered-${slug}`)
    await page.getByRole('button', { name: /^Pay with your / }).click()
    await waitFor(page, second, PAID)
    await cancelCourt(page, second)
    await page.goto(`${origin}/${slug}/me/payer`)
    await picture(page, `ways-${slug}`)
    await page.getByRole('button', { name: 'Forget', exact: true }).click()
    await page.getByText('Forgotten.').waitFor()
    const third = await book(page, slug, 2)
    await page.getByLabel('Remember how I pay').waitFor()
    await page.goto(third)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.waitForURL((url) => !url.pathname.includes('/bookings/'))
    await context.close()
  }
})

/** The way to the gateway, and then the tab is gone: what the member did not see, we ask. */
test('payments: a tab that is closed after paying loses nothing', async () => {
  for (const slug of ['zuiderpark', 'roseraie'] as const) {
    const { context, page } = await enter(slug)
    const booking = await book(page, slug, 3)
    const tab = await context.newPage()
    await tab.goto(booking)
    await toGateway(tab, slug)
    // Whoever pays never comes back: the answer leads to a page that is not loaded any more.
    await tab.route('**/return/**', (route) => route.abort())
    await tab.getByRole('button', { name: /^Pay / }).click()
    await tab.close()
    await waitFor(page, booking, PAID)
    await cancelCourt(page, booking) // a member may hold only so many
    await context.close()
  }
})

test('payments: a tab closed before paying, and the way back, leave one payment to pay', async () => {
  for (const slug of ['zuiderpark', 'roseraie'] as const) {
    const { context, page } = await enter(slug)
    const booking = await book(page, slug, 4)
    const tab = await context.newPage()
    await tab.goto(booking)
    await toGateway(tab, slug)
    await tab.close()
    await page.goto(booking)
    await toGateway(page, slug)
    await page.goBack()
    await page.goto(booking)
    await toGateway(page, slug)
    await page.getByRole('link', { name: 'Cancel' }).click()
    await page.waitForURL(`${booking}?payment=*`)
    await toGateway(page, slug)
    await page.getByRole('button', { name: /^Pay / }).click()
    await page.waitForURL(`${booking}?payment=*`)
    await waitFor(page, booking, PAID)
    await page.goBack() // to the gateway's page, which is over
    await page.goto(booking)
    await page.getByText(PAID).waitFor()
    await context.close()
  }
})

/** Pictures of every page of payments, in both widths and both lights. */
async function picture(page: Page, name: string): Promise<void> {
  for (const width of [390, 1280]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme })
      const wide = await page.evaluate(() => document.documentElement.scrollWidth)
      assert(wide <= width, `${name} is ${wide} wide on a screen of ${width}`)
      if (process.env['VEILIG_PICTURES'] === undefined) continue
      const path = screenshot(`payments-${name}-${width}-${colorScheme}.png`)
      await page.screenshot({ path, fullPage: true })
    }
  }
}

test('payments: a club sees its own payments and days in its office, in three languages', async () => {
  const link = await ring.command('payments', 'link', 'zuiderpark')
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'nl-BE' })
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  await page.goto(link.trim())
  await picture(page, 'enter')
  await page.getByRole('button', { name: 'Binnengaan' }).click()
  await page.getByRole('heading', { name: 'Betalingen van zuiderpark' }).waitFor()
  await page.getByRole('button', { name: 'Vandaag nu vergelijken' }).click()
  await page.getByText(/Alles klopt: [1-9]\d* bewegingen/).waitFor()
  await picture(page, 'office')
  for (const [lang, heading] of [
    ['fr', 'Paiements de zuiderpark'],
    ['en', 'Payments of zuiderpark'],
  ] as const) {
    await page.goto(`https://pay.localhost:${8443 + portBase}/office?lang=${lang}`)
    await page.getByRole('heading', { name: heading }).waitFor()
  }
  const form = page.locator('form', { has: page.getByText('PayPal', { exact: true }) })
  await form.getByLabel('Client ID').fill('nobody')
  await form.getByLabel('Secret').fill('nothing')
  await form.getByLabel('Webhook ID').fill('WH-0')
  await form.getByRole('button').click()
  await page.getByText('Those before still count').waitFor()
  await picture(page, 'keys-refused')
  await context.close()
  const compared = await ring.command('payments', 'compare', 'roseraie')
  assert.match(compared, /[1-9]\d* movements agree, 0 differ/)
})

test('ring: who leaves is noted beside the database, where a restore does not reach', async () => {
  const { context, page } = await enter('roseraie')
  await page.goto(`${origin}/roseraie/me/leave`)
  await page.getByLabel('Password').fill('tie-break-7-6')
  await page.getByRole('button', { name: 'Erase my data' }).click()
  const receipt = await page.locator('code').innerText()
  const list = await readFile(join(folder, 'data', 'application', 'erasures.jsonl'), 'utf8')
  const { memberId, at } = JSON.parse(list) as { memberId: string; at: string }
  assert.equal(receipt, `${memberId} · ${at}`)
  await context.close()
})
