/**
 * Passkeys in a real browser with Chromium's virtual authenticator: enrolled, used alone, offered
 * where the name is typed, asked for again before a dangerous act, added, removed.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { startBrowser } from '#kit/browser.ts'
import { askConsole, startConsole, type TestConsole } from '#kit/console.ts'
import { askStaff } from '#services/staff/client.ts'
import { systemClock } from '#system/clock.ts'

const NAME = 'lotte@club.example'
let desk: TestConsole
let origin = ''
let browser: Browser
let context: BrowserContext
let page: Page
let cdp: CDPSession
let authenticatorId = ''
let aheadMs = 0
const stack = new AsyncDisposableStack()

before(async () => {
  let socket = ''
  // `*.localhost` is this machine and a secure context, for cookies and passkeys alike.
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming
    const call = request({ socketPath: socket, method, path, headers }, (answer) => {
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
  origin = `http://console.localhost:${(server.address() as AddressInfo).port}`
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs }
  desk = stack.use(await startConsole({ publicOrigin: origin, clock }))
  ;({ socket } = desk)
  browser = await startBrowser(['--host-resolver-rules=MAP console.localhost 127.0.0.1'])
  stack.defer(() => browser.close())
  context = await browser.newContext()
  // A simulated finger takes every offer at once; only the test of the offer lets it be made.
  await context.addInitScript(
    `if (!location.search.includes('offer'))
       PublicKeyCredential.isConditionalMediationAvailable = undefined`,
  )
  page = await context.newPage()
  cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable', { enableUI: false })
  ;({ authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  }))
})
after(() => stack.disposeAsync())

const door = (): Promise<{ text: string }> => askConsole(desk, 'GET', '/login')
const heading = (name: string): Promise<void> =>
  page.getByRole('heading', { name, level: 1 }).waitFor()

test('passkeys: enrolled from an invitation, with codes for the day it is lost', async () => {
  const asked = { name: NAME, role: 'owner' }
  const { link } = (await askStaff(desk.adminSocket, '/invite', asked)) as { link: string }
  await page.goto(link)
  await page.getByLabel('Password').fill('a quiet river at dawn')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('button', { name: 'Make a passkey' }).click()
  await heading('Keep these codes')
  assert.equal(await page.locator('.codes li').count(), 10)
  await page.getByRole('link', { name: 'I have kept them' }).click()
  await page.waitForURL(`${origin}/`)
})

test('passkeys: one gesture signs in, without a name or a password', async () => {
  await page.getByRole('button', { name: 'Sign out' }).click()
  await heading('Sign in')
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.waitForURL(`${origin}/`)
  const how = desk.trail.of('STAFF_SIGNED_IN').map((event) => event['how'])
  assert.deepEqual(how, ['passkey'])
})

test('passkeys: a copy of the key, whose counter stays behind, opens nothing', async () => {
  await page.getByRole('button', { name: 'Sign out' }).click()
  await heading('Sign in')
  await desk.pool.query('update passkey set counter = counter + 100')
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByText('That passkey is not known here.').waitFor()
  assert.equal(desk.trail.of('STAFF_PASSKEY_WRONG').length, 1)
  await desk.pool.query('update passkey set counter = 0')
})

test('passkeys: the browser offers one where the name is typed', async () => {
  const { text } = await door()
  assert.match(text, /autocomplete="username webauthn"/)
  await page.goto(`${origin}/login?offer`) // the simulated finger takes it
  await page.waitForURL(`${origin}/`)
})

test('passkeys: a dangerous act asks again, and goes back to where it was', async () => {
  aheadMs += 6 * 60_000
  await page.goto(`${origin}/staff`)
  await page.getByLabel('Name or e-mail address').fill('ines@club.example')
  await page.getByRole('button', { name: 'Make the link' }).click()
  await heading('Is it still you?')
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.waitForURL(`${origin}/staff`)
  await page.getByLabel('Name or e-mail address').fill('ines@club.example')
  await page.getByRole('button', { name: 'Make the link' }).click()
  await page.getByText('/invitation/').waitFor()
})

test('passkeys: the only second proof stays; another is added, and then one removed', async () => {
  await page.goto(`${origin}/account`)
  await page.getByRole('button', { name: 'Remove' }).click()
  await page.getByText('This is your only second proof').waitFor()
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
  assert.equal(credentials.length, 1)
  // Another authenticator: the first one holds a passkey of this account already.
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
  ;({ authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  }))
  await page.goto(`${origin}/account`)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByRole('button', { name: 'Remove' }).nth(1).waitFor()
  await page.getByRole('button', { name: 'Remove' }).first().click()
  await page.waitForURL(`${origin}/account`)
  assert.equal((await desk.pool.query('select from passkey')).rowCount, 1)
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click()
  await heading('Sign in')
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.waitForURL(`${origin}/`)
})

test('passkeys: sessions elsewhere are listed and ended by their owner', async () => {
  const other = await browser.newContext({ storageState: await context.storageState() })
  await desk.pool.query(
    `insert into session (token_hash, account_id, stage, device, network, created_at, seen_at,
       proved_at)
     select 'x', id, 'full', 'Firefox', '192.0.2.0', to_timestamp($2 / 1000.0),
       to_timestamp($2 / 1000.0), now() from account where name = $1`,
    [NAME, Date.now() + aheadMs],
  )
  await page.goto(`${origin}/account`)
  await page.getByText('Firefox').waitFor()
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
  await page.getByText('Firefox').waitFor({ state: 'detached' })
  await page.goto(`${origin}/`)
  assert.equal(new URL(page.url()).pathname, '/')
  await other.close()
  assert.deepEqual(desk.faults, [])
})
