/** Polka with compression: a service worker takes over the page and answers in the server's place. */
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

export const polkaApp: SampleApp = {
  name: 'Polka with compression: a service worker and a worker',
  folder: new URL('.', import.meta.url),
  packages: ['polka@0.5.2', 'compression@1.8.2'],
  command: ['NODE', 'server.mjs', 'PORT'],
  journey: async (page: Page, origin: string): Promise<void> => {
    await page.goto(origin)
    await page.getByText(/^(?:ready|in charge)$/).waitFor()
    await page.reload()
    await page.getByText('in charge').waitFor()
    await page.getByText('sum 42').waitFor()
    await page.click('#ask')
    await page.getByText('the worker answers').waitFor()
  },
}
