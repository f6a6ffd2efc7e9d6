/** A single page: its style, font and library are another host's, and it asks for its data. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

export const singlePageApp: SampleApp = {
  name: 'a single page with fonts and scripts of another host',
  folder: new URL('.', import.meta.url),
  packages: ['@fontsource/inter@5.3.0'],
  hosts: ['cdn.localhost'],
  command: ['NODE', 'server.mjs', 'PORT'],
  journey: async (page: Page, origin: string): Promise<void> => {
    await page.goto(origin)
    await page.getByText('Hello nobody').waitFor()
    await page.fill('input', 'Lotte "</script>')
    await page.click('#send')
    await page.getByText('Hello Lotte "</script>').waitFor()
    await page.getByText('fonts 1').waitFor()
    const colour = await page.evaluate(() => getComputedStyle(document.body).color)
    assert.equal(colour, 'rgb(1, 2, 3)', 'the other host’s style applies')
  },
}
