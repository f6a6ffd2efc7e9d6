/**
 * EJS templates: signing in with another site. A browser holds `form-action` against every redirect
 * that follows a form, so the policy must know where the application sends its visitors.
 */
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

export const ejsApp: SampleApp = {
  name: 'EJS: signing in with another site, by redirects',
  folder: new URL('.', import.meta.url),
  packages: ['ejs@7.0.2'],
  hosts: ['federation.localhost'],
  command: ['NODE', 'server.mjs', 'PORT'],
  journey: async (page: Page, origin: string): Promise<void> => {
    await page.goto(origin)
    await page.getByText('Hello nobody').waitFor()
    await page.click('#login')
    await page.getByText('The club wants to know your name').waitFor()
    await page.click('#allow')
    await page.getByText('Hello Lotte of the federation').waitFor()
  },
}
