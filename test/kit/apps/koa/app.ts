/** Koa: events come one by one as they happen, and a beacon leaves. */
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

export const koaApp: SampleApp = {
  name: 'Koa: scores by server-sent events',
  folder: new URL('.', import.meta.url),
  packages: ['koa@3.3.0'],
  command: ['NODE', 'server.mjs', 'PORT'],
  journey: async (page: Page, origin: string): Promise<void> => {
    await page.goto(origin)
    await page.getByText('Club <b>& friends</b>').waitFor()
    await page.getByText('score 3:0').waitFor()
    await page.getByText('told', { exact: true }).waitFor()
  },
}
