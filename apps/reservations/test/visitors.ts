/** People before a browser, with the service they visit. One of each for every test file. */
import assert from 'node:assert/strict'
import { after } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { startBrowser } from '../../../test/kit/browser.ts'
import { DEMO_PASSWORD, demoAccounts } from '../src/demo/accounts.ts'
import { startReservations, type TestReservations } from './kit.ts'

export const service: TestReservations = await startReservations()
const browser = await startBrowser()
after(async () => {
  await browser.close()
  await service[Symbol.asyncDispose]()
})

export const origin: string = service.origin
export const accounts: (typeof demoAccounts)[string] = demoAccounts['zuiderpark'] ?? assert.fail()
/** Widths in CSS pixels. */
export const PHONE = 390
export const DESK = 1280

type Guise = { readonly width: number; readonly script?: boolean }

/** A fresh visitor. Any fault on a page, and any breach of its policy, fails the test. */
export async function visitor({ width, script = true }: Guise): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    javaScriptEnabled: script,
    locale: 'en-GB',
  })
  context.setDefaultTimeout(45_000)
  context.on('weberror', (error) => assert.fail(error.error()))
  context.on('console', (message) => {
    if (/content security|trusted/i.test(message.text())) assert.fail(message.text())
  })
  return context
}

export async function logIn(page: Page, email: string): Promise<void> {
  await page.goto(`${origin}/zuiderpark/login`)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(DEMO_PASSWORD)
  await page.locator('.card').getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL('**/zuiderpark/day')
}
