/**
 * The console's pages in a real browser: readable by everybody (axe), small screens and dark ones,
 * by keyboard, alive, and whole without JavaScript.
 *
 * `CONSOLE_SHOTS=FOLDER` keeps pictures of every page, and looks at all four combinations.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startBrowser } from '#kit/browser.ts'
import { busyRecovery } from '#kit/busy-recovery.ts'
import { alertId, busyOverview, busyWatch } from '#kit/busy-watch.ts'
import {
  askConsole,
  consoleOrigin,
  enrolled,
  signedIn,
  startConsole,
  type TestConsole,
} from '#kit/console.ts'
import { askStaff } from '#services/staff/client.ts'
import type { Overview, Recovery } from '#services/staff/ports.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const shots = process.env['CONSOLE_SHOTS']

const nowMs = Date.now()
/** A moment of a day in which there is a gap. */
const picked = new Date(nowMs - 6 * 3_600_000).toISOString().slice(0, 19)
const recoveryOfADay = `/recovery?at=${picked}&span=day`
const places = [
  '/',
  '/alerts',
  `/alerts/${alertId}`,
  '/incidents',
  '/monitors',
  '/claims',
  '/audit?person=club_app',
  '/recovery',
  recoveryOfADay,
  '/settings',
  '/mail',
  '/mail/template?name=confirmation&language=nl',
  '/mail/template?name=confirmation&language=nl&look=dark',
  '/mail/template?name=welcome&language=fr&look=broken',
  '/access',
  '/approvals',
  '/staff',
  '/outside',
  '/account',
  '/prove',
  '/not-me/unknown',
  '/login',
  '/second',
  '/enrol',
]
/** Pages of the door, which only somebody half-way in sees: their cookies. */
const halfway = new Map([['/login', '']])

let browser: Browser
let desk: TestConsole
let origin = ''
const watch = busyWatch()
const stack = new AsyncDisposableStack()

before(async () => {
  const recovery = (): Promise<Recovery> => Promise.resolve(busyRecovery(nowMs))
  const overview = (): Promise<Overview> => Promise.resolve(busyOverview)
  desk = stack.use(await startConsole({ overview, recovery, watch }))
  const cookie = await signedIn(desk, 'lotte@club.example', 'owner')
  await fill(desk)
  const server = createServer((incoming, outgoing) => {
    const { method, url: path } = incoming
    const known = halfway.get(path ?? '') ?? cookie
    const headers = { ...incoming.headers, cookie: known, origin: consoleOrigin }
    const call = request({ socketPath: desk.socket, method, path, headers }, (answer) => {
      // The web gateway's own word on frames is the strictest there is.
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'x-frame-options': 'DENY' })
      answer.pipe(outgoing)
    })
    call.on('error', () => outgoing.destroy())
    outgoing.on('close', () => call.destroy())
    incoming.pipe(call)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await startBrowser()
  stack.defer(() => browser.close())
})
after(() => stack.disposeAsync())

/** Something to see on the pages of two persons and of outside services. */
async function fill({ adminSocket }: TestConsole): Promise<void> {
  const { name, password } = await enrolled(desk, 'daan@club.example', 'operator')
  const asked = { account: 'daan@club.example', reason: 'the disk of the office is full' }
  const wanted = { act: 'restore-over-production', subject: '/srv/veilig/postgres/protected' }
  await askStaff(adminSocket, '/approval/ask', { ...asked, ...wanted })
  const host = {
    name: 'Hosting',
    purpose: 'the machines',
    owner: 'lotte@club.example',
    secondFactor: 'yes',
    personalData: 'everything, encrypted',
    credentialChangedOn: '2026-10-02',
  }
  await askStaff(adminSocket, '/outside/keep', host)
  const post = { name: 'Newsletter', purpose: 'mail to members', secondFactor: 'no' }
  await askStaff(adminSocket, '/outside/keep', {
    ...host,
    ...post,
    personalData: 'names, addresses',
  })
  const code = { name: 'Code', purpose: 'source and its history', personalData: 'none' }
  await askStaff(adminSocket, '/outside/keep', { ...host, ...code })
  await askStaff(adminSocket, '/outside/prove', { service: 'Code', secondFactor: 'yes' })
  const wish = { account: 'daan@club.example', role: 'read', minutes: 30 }
  const ask = (reason: string): Promise<unknown> =>
    askStaff(adminSocket, '/access/request', { ...wish, reason })
  const { id } = (await ask('a booking of court 3 is gone')) as { id: string }
  await askStaff(adminSocket, '/access/approve', { id })
  await ask('an invoice that was paid twice')
  const first = await askConsole(desk, 'POST', '/login', { fields: { name, password } })
  halfway.set('/second', first.cookie)
  const els = { name: 'els@club.example', role: 'auditor' }
  const invited = await askStaff(adminSocket, '/invite', els)
  const token = new URL((invited as { link: string }).link).pathname.split('/').at(-1) ?? ''
  const fields = { token, password: 'the old bridge in the fog' }
  halfway.set('/enrol', (await askConsole(desk, 'POST', '/invitation', { fields })).cookie)
}

type AxeResult = { violations: { id: string; nodes: { html: string }[] }[] }

const looks = [
  [390, 'dark'],
  [1280, 'light'],
  ...(shots === undefined
    ? []
    : ([
        [390, 'light'],
        [1280, 'dark'],
      ] as const)),
] as const

for (const [width, colorScheme] of looks) {
  test(`console: axe finds nothing at ${width} px, ${colorScheme}, on any page`, async () => {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme })
    const page = await context.newPage()
    const broken: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') broken.push(message.text())
    })
    for (const place of places) {
      await page.goto(origin + place, { waitUntil: 'load' })
      await page.evaluate(`for (const d of document.querySelectorAll('details')) d.open = true`)
      await page.evaluate(axe)
      const { violations } = (await page.evaluate('axe.run()')) as AxeResult
      const found = violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`)
      assert.deepEqual(found, [], place)
      const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      assert((wide as number) <= 0, `${place} is ${String(wide)} px too wide`)
      if (shots !== undefined) await shoot(page, place, `${width}-${colorScheme}`)
    }
    assert.deepEqual(broken, [])
    await context.close()
  })
}

async function shoot(page: Page, place: string, how: string): Promise<void> {
  const name = place.split('/')[1]?.split('?')[0] ?? ''
  const kind = place.split('/').length > 2 ? `${name}-one` : name
  const view = /(?:span|look)=(\w+)/.exec(place)?.[1]
  const path = join(shots ?? '', `${[kind || 'overview', view, how].filter(Boolean).join('-')}.png`)
  const frames = await page.locator('iframe').all()
  const width = Number(how.split('-')[0])
  // A frame is drawn when somebody sees it.
  if (frames.length > 0) await page.setViewportSize({ width, height: 2200 })
  for (const frame of frames) await frame.scrollIntoViewIfNeeded()
  await page.screenshot({ path, fullPage: true })
  await page.setViewportSize({ width, height: 900 })
}

test('console: without JavaScript an alert is found, read and taken', async () => {
  watch.acknowledgedBy = undefined
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(origin)
  await page.getByRole('link', { name: /alert waits/ }).click()
  await page.getByRole('link', { name: /More rows were read/ }).click()
  await page.getByRole('button', { name: 'I look after this' }).click()
  await page.getByText('lotte@club.example looks after it.').waitFor()
  assert.equal(watch.acknowledgedBy, 'lotte@club.example')
  await context.close()
})

test('console: keys move, search and help, and not while somebody types', async () => {
  const page = await browser.newPage()
  await page.goto(`${origin}/alerts`)
  const here = (): Promise<unknown> =>
    page.evaluate('document.activeElement.getAttribute("href") ?? document.activeElement.name')
  await page.keyboard.press('j')
  const first = await here()
  await page.keyboard.press('j')
  assert.notEqual(await here(), first)
  await page.keyboard.press('k')
  assert.equal(await here(), first)
  await page.keyboard.press('?')
  await page.getByRole('heading', { name: 'Keys' }).waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('/')
  await page.waitForURL('**/audit')
  await page.keyboard.press('/')
  assert.equal(await here(), 'person')
  await page.keyboard.type('j?/k')
  assert.equal(await page.inputValue('[name=person]'), 'j?/k')
  await page.close()
})

test('console: a page follows what happens, and waits while somebody writes', async () => {
  watch.acknowledgedBy = undefined
  const page = await browser.newPage()
  await page.goto(`${origin}/alerts`)
  await page.locator('#waiting').getByText('1').waitFor()
  watch.acknowledgedBy = 'somebody else'
  await page.getByText('Every alert is looked after.').waitFor()
  await page.goto(`${origin}/incidents`)
  await page.locator('textarea').first().fill('half a sen')
  watch.acknowledgedBy = undefined
  await page.locator('#waiting').getByText('1').waitFor()
  await page.getByText('waits while you write').waitFor()
  assert.equal(await page.locator('textarea').first().inputValue(), 'half a sen')
  await page.close()
})

test('console: a mail is seen light and dark, and nothing in its frame acts', async () => {
  const page = await browser.newPage()
  const inkOf = async (look: string): Promise<string> => {
    await page.goto(`${origin}/mail/template?name=confirmation&language=nl&look=${look}`)
    const card = page.frameLocator('.face.phone iframe').locator('.card')
    return card.evaluate((element) => getComputedStyle(element).backgroundColor)
  }
  assert.equal(await inkOf('light'), 'rgb(255, 255, 255)')
  assert.equal(await inkOf('dark'), 'rgb(30, 36, 43)')
  const opened: string[] = []
  page.context().on('page', (other) => opened.push(other.url()))
  const link = page.frameLocator('.face.desk iframe').getByRole('link', { name: /Bekijk/ })
  await link.click()
  await link.waitFor()
  assert.deepEqual(opened, [])
  assert.match(page.url(), /mail\/template/)
  await page.close()
})

test('console: what became of the mail to one address, in a form without JavaScript', async () => {
  for (const [width, colorScheme] of looks) {
    const viewport = { width, height: 900 }
    const context = await browser.newContext({ javaScriptEnabled: false, viewport, colorScheme })
    const page = await context.newPage()
    await page.goto(`${origin}/mail`)
    await page.getByLabel('Did it arrive?').fill('jan@club.example')
    await page.getByRole('button', { name: 'Look it up' }).click()
    await page.getByText('nobody is there (5.1.1)').waitFor()
    assert(!page.url().includes('jan'))
    if (shots !== undefined) await shoot(page, '/mail-person', `${width}-${colorScheme}`)
    await context.close()
  }
})
