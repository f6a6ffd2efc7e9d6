/**
 * A stranger's first hour: one command, a court booked in a browser, the record of it, a process
 * killed, everything stopped and started again.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { startBrowser } from '#kit/browser.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { freePortBase, screenshot, startRing, type TestRing } from '#kit/ring.ts'

const folder = await temporaryFolder('up')
const data = join(folder, 'data')
const portBase = await freePortBase()
const origin = `https://localhost:${8443 + portBase}`
let ring: TestRing = await startRing({ data, portBase })
const browser = await startBrowser()
after(async () => {
  await browser.close()
  ring.child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

const COURT = 'Tennis 3'

test('up: prints where to look', () => {
  for (const place of [origin, `https://trust.localhost:${8443 + portBase}/`, data]) {
    assert(ring.printed().includes(place), ring.printed())
  }
})

test('up: a member logs in, books a court over HTTPS and sees it', async () => {
  const page = await newPage(1280, 1000)
  await logIn(page)
  await page.goto(`${origin}/zuiderpark/day?date=${inDays(1)}`)
  const free = page.getByRole('link', { name: new RegExp(`^Free, .*, ${COURT}: book$`) })
  await free.first().click()
  // Who plays elsewhere at that hour differs from day to day: anybody who does not.
  const partner = page.getByLabel('Partner 1', { exact: true })
  const idle = partner.locator('option:not([disabled]):not([value=""])').first()
  await partner.selectOption((await idle.getAttribute('value')) ?? '')
  await page.getByRole('button', { name: /^Book / }).click()
  await page.getByRole('status').getByText('Booked').waitFor()
  await page.screenshot({ path: screenshot('day.png') })
  await page.goto(`${origin}/zuiderpark/bookings`)
  await page.getByText(COURT).first().waitFor()
})

test('up: the booking stands in the audit trail, with its role, rows and address', async () => {
  const sql = `select "user", rows, sqlstate, address, sql from statements
    where database = 'reservations' and sql ilike '%insert into booking%' and outcome = 'done'
      and "user" = 'reservations_app' order by time desc limit 1`
  const [line = ''] = (await ring.command('audit', 'query', sql, '--json')).split('\n')
  const found = JSON.parse(line) as Record<string, unknown>
  assert.equal(found['rows'], 1)
  assert.equal(found['sqlstate'], '')
  assert.equal(found['address'], '127.0.0.1')
})

test('up: ten claims are proven within a minute, and none is hidden', async () => {
  const page = await newPage(1280, 1600)
  const address = `https://trust.localhost:${8443 + portBase}/`
  const deadline = performance.now() + 90_000
  let proven = 0
  let all = 0
  while (proven < 10 && performance.now() < deadline) {
    await page.goto(`${address}claims.json`)
    const text = await page.locator('body').innerText()
    const { claims } = JSON.parse(text) as { claims: { state: string }[] }
    proven = claims.filter(({ state }) => state === 'proven').length
    all = claims.length
    await sleep(1000)
  }
  assert(proven >= 10, `${proven} of ${all} proven`)
  assert.equal(all, 35)
  await page.goto(address)
  await page.screenshot({ path: screenshot('trust.png') })
})

test('up: plain HTTP is only ever redirected', async () => {
  const answer = await fetch(`http://localhost:${8080 + portBase}/zuiderpark/day`, {
    redirect: 'manual',
  })
  assert.equal(answer.status, 308)
  assert.equal(answer.headers.get('location'), `${origin}/zuiderpark/day`)
})

test('up: a killed process comes back, and the fact is on record', async () => {
  const [pid = ''] = execFileSync('pgrep', ['-f', `run sql-gateway --data ${data} `], {
    encoding: 'utf8',
  }).split('\n')
  process.kill(Number(pid), 'SIGKILL')
  const sql = `select detail from events where process = 'supervisor' and code = 'PROCESS_ENDED'`
  const deadline = performance.now() + 30_000
  let record = ''
  while (!record.includes('sql-gateway') && performance.now() < deadline) {
    record = await ring.command('audit', 'query', sql, '--json')
  }
  assert.match(record, /sql-gateway.*SIGKILL|SIGKILL.*sql-gateway/s)
  while (!ring.printed().includes('sql-gateway runs again')) await sleep(100)
  const page = await newPage(1280, 800)
  await logIn(page)
})

test('up: a second start on the same data is refused in one sentence', async () => {
  await assert.rejects(startRing({ data, portBase }), /ALREADY_RUNNING: Veilig runs on this data/)
})

test('up: a taken port is one sentence with what to do', async () => {
  const other = join(folder, 'other')
  await assert.rejects(
    startRing({ data: other, portBase }),
    /PORT_IN_USE: port \d+ \(https\) is in/,
  )
})

test('up: a folder that may not be made is one sentence with what to do', async () => {
  const refused = async (data: string, wanted: RegExp): Promise<void> =>
    assert.rejects(startRing({ data, portBase: await freePortBase() }), wanted)
  // Nobody may make a folder among the kernel's own, not even root.
  await refused(
    '/sys/veilig',
    /DISK_DENIED: cannot make the data folder .*; choose another, --data/,
  )
  const closed = join(folder, 'closed')
  await mkdir(closed, { mode: process.getuid?.() === 0 ? 0o700 : 0o500 })
  // As root the folder can be made, but PostgreSQL, which never runs as root, could not enter it.
  const reason =
    process.getuid?.() === 0
      ? /DATA_FOLDER_UNREACHABLE: .* may not enter .*; choose another data folder/
      : /DISK_DENIED: cannot make the data folder .*; choose another, --data/
  await refused(join(closed, 'data'), reason)
})

test('up: Ctrl-C stops everything, and the next start goes on', async () => {
  assert.equal(await ring.interrupt(), 0)
  assert.match(ring.printed(), /Stopped cleanly/)
  const left = spawnSync('pgrep', ['-af', data], { encoding: 'utf8' }).stdout
  assert.equal(left, '', 'these processes of ours still run')
  ring = await startRing({ data, portBase })
  const page = await newPage(390, 844)
  await logIn(page)
  await page.goto(`${origin}/zuiderpark/bookings`)
  await page.getByText(COURT).first().waitFor()
  assert.match(await ring.command('audit', 'verify'), /sql-gateway: as written/)
  assert.equal(await ring.interrupt(), 0)
})

async function newPage(width: number, height: number): Promise<Page> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width, height },
    locale: 'en-GB',
  })
  return context.newPage()
}

async function logIn(page: Page): Promise<void> {
  await page.goto(`${origin}/zuiderpark/login`)
  await page.getByLabel('E-mail address').fill('lotte@zuiderpark.example')
  await page.getByLabel('Password').fill('tie-break-7-6')
  await page.locator('.card').getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(/\/day/)
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
}
