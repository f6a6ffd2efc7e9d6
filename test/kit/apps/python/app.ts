/** Python: a page in pieces with a `base` address, a picture one can click, and a `refresh`. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

export const pythonApp: SampleApp = {
  name: 'Python: a slow page in pieces, with a base address',
  folder: new URL('.', import.meta.url),
  packages: [],
  command: ['python3', 'app.py', 'PORT'],
  journey: async (page: Page, origin: string): Promise<void> => {
    await page.goto(`${origin}/?name=${encodeURIComponent('Lotte "</script>')}`)
    await page.getByText('Hello Lotte "</script>').waitFor()
    await page.getByText('court 2 is free').waitFor()
    await page.click('circle')
    await page.getByText('circle', { exact: true }).waitFor()
    const colour = await page.evaluate(() => getComputedStyle(document.body).color)
    assert.equal(colour, 'rgb(1, 2, 3)', 'the inline style applies')
    await page.click('#next')
    await page.getByText('arrived').waitFor()
  },
}
