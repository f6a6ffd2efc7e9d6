/**
 * The status page in a real browser, behind the web gateway, with ninety days of history of every
 * kind: readable by everybody (axe), strict, small, and whole without JavaScript.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { request } from 'node:https'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { startBrowser } from '#kit/browser.ts'
import { startPostgres, temporaryFolder } from '#kit/postgres.ts'
import { startStatus, type TestStatus } from '#kit/status.ts'
import { startGateway, testAuthority, type TestGateway } from '#kit/web-gateway.ts'
import { words, type Words } from '#lib/claims/claim.ts'

const BYTES_MAX = 50_000
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Where to put pictures of the page, for whoever wants to look at it. */
const pictures = process.env['VEILIG_PICTURES']

/** The doors are there; what goes through them is in subscriptions.long.test.ts. */
const nobodyFollows = {
  key: new Uint8Array(32),
  origin: 'https://status.localhost',
  anywhere: false,
  mail: () => Promise.resolve('1'),
  post: () => Promise.reject(new Error('nobody is called')),
}

let browser: Browser
let gateway: TestGateway
let status: TestStatus
const opened = new AsyncDisposableStack()

const components: readonly (readonly [string, Words, boolean])[] = [
  ['application', words('Reserveren', 'Reservations', 'Réservations'), true],
  ['database', words('Databank', 'Database', 'Base de données'), true],
  ['trust-page', words('Vertrouwenspagina', 'Trust page', 'Page de confiance'), true],
  ['mail', words('E-mail versturen', 'Sending e-mail', 'Envoi d’e-mails'), false],
]

before(async () => {
  const folder = await temporaryFolder('status-page')
  opened.defer(() => rm(folder, { recursive: true }))
  const server = opened.use(await startPostgres())
  const watched = components.map(([id, name, up], at) => ({
    id,
    name,
    look: () =>
      Promise.resolve({
        up,
        tookMs: 8 + at * 11,
        certificateEndsMs: Date.parse('2027-02-21T12:00:00Z'),
        ...(up ? {} : { reason: 'TIMED_OUT' }),
      }),
  }))
  const rehearsal = {
    id: 'rehearsal',
    name: words('Proef', 'Test', 'Essai'),
    look: () => Promise.resolve({ up: false, tookMs: 1 }),
    rehearsal: true as const,
  }
  status = opened.use(
    await startStatus({
      folder,
      server,
      watched: [...watched, rehearsal],
      change: { subscriptions: nobodyFollows },
    }),
  )
  await status.until(({ incidents }) => incidents.length > 0)
  await fill()
  gateway = opened.use(await startGateway({ 'status.localhost': { socketPath: status.socket } }))
  const rule = `MAP status.localhost 127.0.0.1:${gateway.httpsPort}`
  browser = await startBrowser([`--host-resolver-rules=${rule}`])
  opened.defer(() => browser.close())
})
after(() => opened.disposeAsync())

/** Eighty days of history, some of it bad, some of it missing; incidents and maintenance. */
async function fill(): Promise<void> {
  const { pool } = status
  await pool.query(`update component set since = date_trunc('day', now()) - interval '81 days'`)
  await pool.query(
    `insert into hour select c.id, h, 3600000, 0, 360, 0, 4000, 40 from component c,
       generate_series(date_trunc('day', now(), 'UTC') - interval '81 days',
         now() - interval '3 days', interval '1 hour') h
       where not (c.id = 'mail' and extract(doy from h)::int % 31 = 4)`,
  )
  await pool.query(
    `update hour set up_ms = 3300000, down_ms = 300000 where component = 'application'
       and date_part('hour', start) = 9 and extract(doy from start)::int % 37 = 5`,
  )
  await pool.query(
    `update hour set up_ms = 600000, down_ms = 3000000 where component = 'database'
       and date_part('hour', start) in (3, 4) and extract(doy from start)::int % 53 = 9`,
  )
  await pool.query(
    `insert into minute select c.id, m, 60000, 0, 6, 0,
         6 * (9 + 4 * sin(extract(epoch from m) / 7000) + length(c.id)), 40
       from component c, generate_series(date_trunc('hour', now()) - interval '3 days' +
         interval '1 hour', date_trunc('minute', now()) - interval '2 minutes',
         interval '1 minute') m on conflict do nothing`,
  )
  await pool.query(
    `with made as (insert into incident (origin, components, title, opened_at, resolved_at) values
       ('staff', '{application}', '{"nl": "Trage pagina’s na de update"}',
         now() - interval '9 days', now() - interval '8 days 22 hours') returning id)
     insert into incident_update select id, now() - interval '9 days' + x.at::interval, x.kind, x.text::jsonb
       from made, (values
       ('0', 'investigating', '{"nl": "Pagina’s laden traag. Wij zoeken de oorzaak."}'),
       ('50 minutes', 'identified', '{"nl": "Een index ontbrak na de update."}'),
       ('2 hours', 'resolved', '{"nl": "De index is gemaakt; alles is weer snel."}')
       ) as x(at, kind, text)`,
  )
  await pool.query(
    `insert into maintenance (title, starts_at, ends_at) values ($1, now() + interval '2 days',
       now() + interval '2 days 1 hour')`,
    [{ nl: 'Nieuwe schijven', en: 'New disks', fr: 'Nouveaux disques' }],
  )
  await status.until(({ maintenance }) => maintenance.length === 1)
}

type AxeResult = { readonly violations: readonly { id: string; nodes: unknown[] }[] }

for (const [width, colorScheme] of [
  [390, 'light'],
  [390, 'dark'],
  [1280, 'light'],
  [1280, 'dark'],
] as const) {
  test(`status page: axe finds nothing at ${width} px, ${colorScheme}, all open`, async () => {
    const options = { ignoreHTTPSErrors: true, colorScheme, viewport: { width, height: 900 } }
    await using context = await browser.newContext({ ...options, bypassCSP: true })
    const page = await context.newPage()
    for (const language of width === 390 ? ['nl', 'fr'] : ['en']) {
      await page.goto(`https://status.localhost/${language}`)
      const path = `${pictures}/status-${width}-${colorScheme}-${language}.png`
      if (pictures !== undefined) await page.screenshot({ path, fullPage: true })
      await page.evaluate(
        `document.querySelectorAll('details').forEach((one) => { one.open = true })`,
      )
      await page.evaluate(axe)
      const { violations } = (await page.evaluate('axe.run()')) as AxeResult
      const found = violations.map(({ id, nodes }) => `${id}: ${JSON.stringify(nodes)}`)
      assert.deepEqual(found, [])
      const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
      assert.equal(wide, false, 'nothing has to be scrolled sideways')
      const open = path.replace('.png', '-open.png')
      if (pictures !== undefined) await page.screenshot({ path: open, fullPage: true })
    }
  })
}

test('status page: one follows it without JavaScript, on pages that axe finds nothing on', async () => {
  const options = { ignoreHTTPSErrors: true, viewport: { width: 390, height: 900 } }
  await using context = await browser.newContext({ ...options, bypassCSP: true })
  const page = await context.newPage()
  await page.goto('https://status.localhost/nl')
  await page.getByLabel('Uw e-mailadres').fill('lotte@club.example')
  await page.getByRole('button', { name: 'Houd mij op de hoogte' }).click()
  await page.getByText('Kijk in uw mailbox').first().waitFor()
  const path = `${pictures}/status-followed.png`
  if (pictures !== undefined) await page.screenshot({ path, fullPage: true })
  await page.evaluate(axe)
  const { violations } = (await page.evaluate('axe.run()')) as AxeResult
  assert.deepEqual(
    violations.map(({ id }) => id),
    [],
  )
})

test('status page: without JavaScript it says all, and never breaks its own policy', async () => {
  await using context = await browser.newContext({
    ignoreHTTPSErrors: true,
    javaScriptEnabled: false,
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('requestfailed', (failed) => complaints.push(failed.url()))
  const response = await page.goto('https://status.localhost/en')
  const policy = (await response?.headerValue('content-security-policy')) ?? ''
  assert(policy.includes("default-src 'none'") && !policy.includes('unsafe'), policy)
  assert.equal(await page.locator('.component').count(), 4)
  await page.getByText('Not everything works.').waitFor()
  await page.getByText('3 of 4 components answer.').waitFor()
  await page.getByText('More about sending e-mail').click()
  await page.getByText('no answer in time').waitFor()
  await page.getByRole('link', { name: 'Français' }).click()
  await page.getByText('Tout ne fonctionne pas.').waitFor()
  assert.deepEqual(complaints, [])
})

test('status page: a page and its look are under 50 kB on the wire', async () => {
  const page = await bytesOf('/nl')
  const style = await bytesOf('/style.css')
  assert(page + style < BYTES_MAX, `${page} and ${style} bytes`)
  assert(page > 1000)
})

/** As a browser asks: compressed. */
function bytesOf(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'status.localhost', 'accept-encoding': 'gzip' }
    const options = { host: '127.0.0.1', port: gateway.httpsPort, path, headers, agent: false }
    const call = request({ ...options, ca: testAuthority, servername: 'localhost' }, (response) => {
      let size = 0
      response.on('data', (chunk: Buffer) => (size += chunk.length))
      response.on('end', () => resolve(size))
    })
    call.on('error', reject).end()
  })
}
