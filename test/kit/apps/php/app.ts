/** PHP: a form whose answer comes into a frame, and a window that tells the one that opened it. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

export const phpApp: SampleApp = {
  name: 'PHP: frames, a window of its own, handlers in attributes',
  folder: new URL('.', import.meta.url),
  packages: [],
  command: ['php', '-S', '127.0.0.1:PORT', 'index.php'],
  pages: ['/', '/pick'],
  journey: async (page: Page, origin: string): Promise<void> => {
    await page.goto(`${origin}/?name=${encodeURIComponent('Lotte "</script>')}`)
    await page.getByText('Hello Lotte "</script>').waitFor()
    await page.fill('textarea', 'Nets <b>up</b>')
    await page.click('#look')
    await page.getByText('preview of Nets <b>up</b>').waitFor()
    await page.frameLocator('iframe[title=hint]').getByText('Be kind.').waitFor()
    const opening = page.waitForEvent('popup')
    await page.click('#choose')
    const popup = await opening
    // The window closes by this click, at times before Playwright knows that it was made.
    await Promise.all([popup.waitForEvent('close'), popup.click('#pick').catch(() => undefined)])
    await page.getByText('picked court 3').waitFor()
    const colour = await page.evaluate(() => getComputedStyle(document.body).color)
    assert.equal(colour, 'rgb(1, 2, 3)', 'the inline style applies')
  },
}
