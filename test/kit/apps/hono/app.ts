/** Hono: a page in pieces; each late piece brings an inline script, which gets its nonce in time. */
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

export const honoApp: SampleApp = {
  name: 'Hono: a page that streams its slow pieces',
  folder: new URL('.', import.meta.url),
  packages: ['hono@4.13.19', '@hono/node-server@2.1.9'],
  command: ['NODE', 'server.mjs', 'PORT'],
  journey: async (page: Page, origin: string): Promise<void> => {
    await page.goto(`${origin}/?name=${encodeURIComponent('Lotte "</script>')}`)
    await page.getByText(/court \d for Lotte "<\/script>/).waitFor()
    await page.getByText('sunny').waitFor()
    await page.getByText('courts come').waitFor({ state: 'detached' })
  },
}
