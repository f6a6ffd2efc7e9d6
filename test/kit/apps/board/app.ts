/** A board like Grafana: sign-in in JSON, modules loaded late, a canvas, events and a WebSocket. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

export const boardApp: SampleApp = {
  name: 'a board in a single page, like Grafana',
  folder: new URL('.', import.meta.url),
  packages: [],
  command: ['NODE', 'server.mjs', 'PORT'],
  journey: async (page: Page, origin: string): Promise<void> => {
    await page.goto(origin)
    await page.fill('input[name=user]', 'lotte')
    await page.fill('input[name=password]', 'right')
    await page.click('#go')
    await page.getByText('signed in as lotte').waitFor()
    await page.getByText('sum 6').waitFor()
    await page.waitForSelector('[data-picture=drawn]')
    await page.getByText('news came').waitFor()
    await page.getByText('live data').waitFor()
    const cookies = await page.evaluate(() => document.cookie)
    assert(!cookies.includes('grafana_session='), 'no script reads the session')
    assert(cookies.includes('grafana_session_expiry='), 'but when it ends')
  },
}
