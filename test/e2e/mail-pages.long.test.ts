/**
 * The pages that a reader of mail sees, in a real browser: three languages, phone and desk, light
 * and dark, readable by everybody (axe), and without a script.
 *
 * `MAIL_SHOTS=FOLDER` keeps pictures of each.
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
import { startMailGateway, unsubscribePath, type TestMailGateway } from '#kit/mail-gateway.ts'
import { languages, words } from '#services/mail-gateway/words.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const shots = process.env['MAIL_SHOTS']
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

const stack = new AsyncDisposableStack()
let gateway: TestMailGateway
let browser: Browser
let origin = ''
before(async () => {
  gateway = stack.use(await startMailGateway())
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming
    const call = request({ socketPath: gateway.ports.httpSocket, method, path, headers })
    call.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    call.on('error', () => outgoing.destroy())
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

/** A reader of three lists of one club; the link of the last mail. */
async function linkOf(reader: string): Promise<string> {
  await gateway.reset()
  for (const list of ['nieuws', 'competitie', 'reserveringen']) {
    const headers = { 'X-Veilig-List': list, 'X-Veilig-Tenant': 'zuiderpark' }
    await gateway.send({ to: reader, headers })
  }
  const mails = await gateway.receiver.arrived(3)
  const last = mails.find(({ text }) => text.includes('reserveringen'))
  assert(last)
  return origin + unsubscribePath(last)
}

type AxeResult = { violations: { id: string; nodes: { html: string }[] }[] }

async function look(page: Page, name: string): Promise<void> {
  assert.equal(await page.locator('script').count(), 0)
  const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  assert((wide as number) <= 0, `${name} is ${String(wide)} px too wide`)
  // The languages differ in words alone.
  if (name.includes('-nl-')) await readable(page, name)
  if (shots === undefined) return
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}

async function readable(page: Page, name: string): Promise<void> {
  await page.evaluate(axe)
  const { violations } = (await page.evaluate('axe.run()')) as AxeResult
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`),
    [],
    name,
  )
}

for (const [width, colorScheme] of looks) {
  test(`mail pages: one list left, all left, and back; ${width} px, ${colorScheme}`, async () => {
    const viewport = { width, height: 700 }
    const context = await browser.newContext({ viewport, colorScheme })
    const page = await context.newPage()
    for (const language of languages) {
      const text = words[language]
      const how = `${language}-${width}-${colorScheme}`
      await page.goto(`${await linkOf(`jan-${language}@club.example`)}?lang=${language}`)
      await look(page, `ask-${how}`)
      const one = page.getByRole('button', { name: text.stop, exact: true }).first()
      await one.click()
      await page.getByText(text.stopped('reserveringen')).waitFor()
      await look(page, `stopped-${how}`)
      await page.getByRole('button', { name: text.stopAll }).click()
      await page.getByText(text.stoppedAll).waitFor()
      await look(page, `stopped-all-${how}`)
      await page.getByRole('button', { name: text.resume, exact: true }).first().click()
      await page.getByText(text.resumed('reserveringen')).waitFor()
      await look(page, `resumed-${how}`)
      await page.goto(`${origin}/u/forged?lang=${language}`)
      await page.getByRole('heading', { name: text.unknownTitle }).waitFor()
      await look(page, `unknown-${how}`)
    }
    await context.close()
  })
}
