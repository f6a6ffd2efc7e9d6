/**
 * A blog as WordPress makes them: settings in inline scripts, a worker made of text, cookies that
 * scripts read or may not read, comments and a page for whoever is signed in.
 */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

export const blogApp: SampleApp = {
  name: 'a blog like WordPress, in PHP',
  folder: new URL('.', import.meta.url),
  packages: [],
  command: ['php', '-S', '127.0.0.1:PORT', 'blog.php'],
  journey: async (page: Page, origin: string): Promise<void> => {
    await page.goto(origin)
    await page.waitForSelector('html[data-worker="1"]', { state: 'attached' })
    const remark = `Nice <b>courts</b> ${Math.random()}`
    await page.fill('textarea', remark)
    await page.click('#post')
    await page.getByText(remark).waitFor()
    await page.click('#login')
    await page.fill('input[name=log]', 'lotte')
    await page.fill('input[name=pwd]', 'right')
    await page.click('#submit')
    await page.getByText('Howdy, lotte').waitFor()
    await page.getByText('settings read').waitFor() // a script reads its cookie
    const cookies = await page.evaluate(() => document.cookie)
    assert(!cookies.includes('wordpress_logged_in'), 'no script reads the session')
    await page.click('#save')
    await page.getByText('saved by lotte').waitFor()
  },
}
