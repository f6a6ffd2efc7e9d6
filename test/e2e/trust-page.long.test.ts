/**
 * The trust page in a real browser, behind the web gateway, with a claim in every state: readable by
 * everybody (axe), strict (no violation of its own policy), small, and whole without JavaScript.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { request } from 'node:https'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { signMeasurement } from '#crypto/evidence.ts'
import { ed25519PrivateKey, noteSigner } from '#crypto/signed-note.ts'
import { startBrowser } from '#kit/browser.ts'
import { readOscal } from '#kit/oscal.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { startGateway, testAuthority, type TestGateway } from '#kit/web-gateway.ts'
import type { Outcome } from '#lib/claims/statement.ts'
import { DAY_MS } from '#lib/claims/claim.ts'
import { HISTORY_DAYS, type History, type Shares } from '#lib/claims/history.ts'
import { claimOf, claims } from '#lib/claims/table.ts'
import { trustConfig } from '#services/trust/config.ts'
import { serveTrust } from '#services/trust/serve.ts'
import { EvidenceWriter } from '#storage/evidence/writer.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'

const BYTES_MAX = 50_000
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const key = ed25519PrivateKey(new Uint8Array(32).fill(5))
/** Where to put pictures of the page, for whoever wants to look at it. */
const pictures = process.env['VEILIG_PICTURES']

let folder: string
let browser: Browser
let gateway: TestGateway
const opened = new AsyncDisposableStack()

before(async () => {
  folder = await temporaryFolder('trust-page')
  opened.defer(() => rm(folder, { recursive: true }))
  const place = { disk: systemDisk, folder: join(folder, 'evidence') }
  const writer = await EvidenceWriter.open(place, noteSigner('trust.localhost/evidence', key))
  const now = Date.now()
  await writer.append([
    entry('access.network', 'pass', now - 30_000),
    entry('access.auth', 'fail', now - 5_000),
    entry('backup.schedule', 'pass', now - 3_600_000),
    entry('backup.georedundant', 'unmeasured', now - 1_000),
    entry('tls.enforced', 'fail', now - 1_000),
    entry('tls.versions', 'pass', now - 90_000),
  ])
  const until = new Date(now + 86_400_000).toISOString()
  const exceptions = [{ claim: 'tls.enforced', reason: 'We are moving to a new house.', until }]
  const subprocessors = [
    { name: 'Kelder Hosting', purpose: 'servers on which everything runs', where: 'Netherlands' },
    { name: 'Postbode', purpose: 'delivery of e-mail', where: 'Belgium, France' },
  ]
  const documents = [{ title: 'Data processing agreement', address: 'https://example.org/dpa' }]
  const socket = join(folder, 'trust.sock')
  const seen = { load: () => Promise.resolve(undefined), save: () => Promise.resolve() }
  const history = { load: () => Promise.resolve(aYear(now)), save: () => Promise.resolve() }
  const trail = new RecordingTrail()
  const customers = () => Promise.resolve(new Map())
  const ports = { place, clock: systemClock, trail, seen, history, customers, socket }
  opened.use(await serveTrust(trustConfig.parse({ exceptions, subprocessors, documents }), ports))
  gateway = opened.use(await startGateway({ 'trust.localhost': { socketPath: socket } }))
  browser = await startBrowser([
    `--host-resolver-rules=MAP trust.localhost 127.0.0.1:${gateway.httpsPort}`,
  ])
  opened.defer(() => browser.close())
})
after(() => opened.disposeAsync())

/** Each claim proven all year, but for a bad day, a day unwatched and a while before it was measured. */
function aYear(nowMs: number): History {
  const today = Math.floor(nowMs / DAY_MS)
  const days = Array.from({ length: HISTORY_DAYS }, (_, at): [number, Shares] => {
    const ago = HISTORY_DAYS - 1 - at
    if (ago > 300) return [today - ago, { unproven: DAY_MS }]
    if (ago === 40) return [today - ago, {}]
    const failing = ago === 100 ? DAY_MS / 4 : 0
    return [today - ago, { proven: DAY_MS - failing, ...(failing > 0 ? { failing } : {}) }]
  })
  return new Map(claims.map(({ id }) => [id, new Map(days)]))
}

function entry(id: string, outcome: Outcome, endedMs: number): Uint8Array {
  const sentence = claimOf(id)?.sentence
  assert(sentence)
  const measurement = {
    claim: id,
    outcome,
    findings: [{ code: 'TLS_VERSION_REFUSED', values: { version: 'TLS 1.0 <script>' } }],
    startedMs: endedMs,
    endedMs,
    runs: { count: 3, firstMs: endedMs - 600_000 },
    probeVersion: 1,
  }
  return signMeasurement(measurement, sentence, key)
}

type AxeResult = { readonly violations: readonly { id: string; help: string; nodes: unknown[] }[] }

for (const [width, colorScheme] of [
  [390, 'light'],
  [390, 'dark'],
  [1280, 'light'],
  [1280, 'dark'],
] as const) {
  test(`trust page: axe finds nothing at ${width} px, ${colorScheme}, all details open`, async () => {
    const options = { ignoreHTTPSErrors: true, colorScheme, viewport: { width, height: 900 } }
    await using context = await browser.newContext({ ...options, bypassCSP: true })
    const page = await context.newPage()
    for (const language of width === 390 ? ['nl', 'fr'] : ['en']) {
      await page.goto(`https://trust.localhost/${language}`)
      const path = `${pictures}/trust-${width}-${colorScheme}-${language}.png`
      if (pictures !== undefined) await page.screenshot({ path, fullPage: true })
      await page.evaluate(
        `document.querySelectorAll('details').forEach((one) => { one.open = true })`,
      )
      await page.evaluate(axe)
      const { violations } = (await page.evaluate('axe.run()')) as AxeResult
      assert.deepEqual(
        violations.map(({ id, nodes }) => `${id}: ${JSON.stringify(nodes)}`),
        [],
      )
      const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
      assert.equal(wide, false, 'nothing has to be scrolled sideways')
    }
  })
}

test('trust page: on paper everything is open, and it prints to a document of its pages', async () => {
  const options = { ignoreHTTPSErrors: true, colorScheme: 'dark' as const }
  await using context = await browser.newContext(options)
  const page = await context.newPage()
  await page.goto('https://trust.localhost/nl')
  const closed = `[...document.querySelectorAll('.more')]
    .filter((one) => !one.checkVisibility()).length`
  assert.equal(await page.evaluate(closed), 35, 'on a screen each opens on a click')
  await page.emulateMedia({ media: 'print', colorScheme: 'light' })
  assert.equal(await page.evaluate(closed), 0)
  const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor')
  assert.equal(paper, 'rgb(255, 255, 255)')
  const path = `${pictures}/trust.pdf`
  const pdf = await page.pdf({ format: 'A4', ...(pictures === undefined ? {} : { path }) })
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
  const pages = pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0
  assert(pages >= 6 && pages <= 30, `${pages} pages`)
})

test('trust page: its own strict policy is never violated, and no script is on it', async () => {
  await using context = await browser.newContext({ ignoreHTTPSErrors: true })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('requestfailed', (failed) => complaints.push(failed.url()))
  const response = await page.goto('https://trust.localhost/nl')
  const policy = (await response?.headerValue('content-security-policy')) ?? ''
  assert(policy.includes("default-src 'none'") && !policy.includes('unsafe'), policy)
  assert.equal(await page.locator('script').count(), 0)
  assert.deepEqual(complaints, [])
})

test('trust page: without JavaScript every claim opens, in three languages', async () => {
  const options = { ignoreHTTPSErrors: true, javaScriptEnabled: false }
  await using context = await browser.newContext(options)
  const page = await context.newPage()
  await page.goto('https://trust.localhost/en')
  assert.equal(await page.locator('.claim').count(), 35)
  await page.getByText('Not everything, at this moment.').waitFor()
  await page.getByText('Everyone who uses the database must prove who they are').last().click()
  await page.getByText('A wrong password, a missing password').waitFor()
  await page.getByRole('link', { name: 'Français' }).click()
  await page.getByText('Pas entièrement, en ce moment.').waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'fr')
})

test('trust page: a page and its look are under 50 kB on the wire', async () => {
  const page = await bytesOf('/nl')
  const style = /\/style-[0-9a-f]+\.css/.exec(page.text)?.[0] ?? ''
  const total = page.size + (await bytesOf(style)).size
  assert(total < BYTES_MAX, `${total} bytes`)
  assert(total > 1000)
})

test('trust page: an unknown address is a 404 in the language asked for', async () => {
  const { status, text } = await bytesOf('/nothing-here')
  assert.equal(status, 404)
  assert.equal(text, 'Deze pagina bestaat niet.')
})

test('trust page: the badge is a picture that counts as the page does, and bears the checkpoint', async () => {
  await using context = await browser.newContext({ ignoreHTTPSErrors: true })
  const page = await context.newPage()
  await page.goto('https://trust.localhost/badge.en.svg')
  assert.equal(await page.locator('svg text').last().textContent(), '2 of 35 proven')
  const note = await page.locator('svg metadata').textContent()
  assert.match(note ?? '', /^trust\.localhost\/evidence\n6\n.{44}\n\n— trust\.localhost\/evidence /)
})

test('trust page: to auditors only what is proven is satisfied, and the rest has its reason', async () => {
  const { text } = await bytesOf('/oscal.json')
  const { metadata, results } = readOscal(text)['assessment-results']
  assert.equal(metadata['oscal-version'], '1.1.2')
  const { findings = [], observations = [] } = results[0] ?? {}
  assert.equal(findings.length, 35)
  const satisfied = findings.filter(({ target }) => target.status.state === 'satisfied')
  assert.deepEqual(
    satisfied.map(({ target }) => target['target-id']),
    ['access.network', 'tls.versions'],
  )
  const excepted = findings.find(({ target }) => target['target-id'] === 'tls.enforced')
  assert.match(excepted?.target.status.remarks ?? '', /^excepted: We are moving/)
  assert.equal(observations.length, 6)
  // The rules bite: a member that the model does not have, and a reference to nothing, are refused.
  assert.throws(() => readOscal(text.replace('"collected"', '"measured"')), /collected/)
  const [first = { uuid: '' }] = observations
  const elsewhere = text.replace(`{"observation-uuid":"${first.uuid}"}`, (found) =>
    found.replace(/[0-9a-f]{12}/, '0'.repeat(12)),
  )
  assert.throws(() => readOscal(elsewhere), /an observation that is not there/)
})

test('trust page: the year of a promise is told as a picture, in words and as JSON', async () => {
  const { text } = await bytesOf('/en')
  assert.match(
    text,
    /aria-label="Proven for 99\.9\d?% of the time watched|Proven for \d\d\.\d+% of the/,
  )
  const history = JSON.parse((await bytesOf('/history.json')).text) as Record<string, object>
  assert.equal(Object.keys(history).length, 35)
  assert.equal(Object.keys(history['tls.enforced'] ?? {}).length, HISTORY_DAYS)
})

/** As a browser asks: compressed. */
function bytesOf(path: string): Promise<{ size: number; text: string; status: number }> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'trust.localhost', 'accept-encoding': 'gzip', 'accept-language': 'nl' }
    const options = { host: '127.0.0.1', port: gateway.httpsPort, path, headers, agent: false }
    const call = request({ ...options, ca: testAuthority, servername: 'localhost' }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const body = Buffer.concat(chunks)
        const zipped = response.headers['content-encoding'] === 'gzip'
        const text = zipped ? gunzipSync(body).toString() : body.toString()
        resolve({ size: body.length, text, status: response.statusCode ?? 0 })
      })
    })
    call.on('error', reject).end()
  })
}
