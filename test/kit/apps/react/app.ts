/** React, rendered on the server: its inline scripts move late pieces, whatever data they hold. */
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

const odd = 'Lotte "</script>'

export const reactApp: SampleApp = {
  name: 'React: rendered on the server, in pieces',
  folder: new URL('.', import.meta.url),
  packages: ['react@19.3.1', 'react-dom@19.3.1'],
  command: ['NODE', 'server.mjs', 'PORT'],
  journey: async (page: Page, origin: string): Promise<void> => {
    await page.goto(origin)
    await page.locator('#members', { hasText: 'Anna' }).waitFor()
    await page.fill('input', odd)
    await page.click('#send')
    await page.locator('#members', { hasText: odd }).waitFor()
    await page.locator('#wait').waitFor({ state: 'detached' })
    const boot = await page.evaluate(() => document.documentElement.dataset['boot'])
    if (boot !== odd) throw new Error(`the page was started with ${boot}`)
  },
}
