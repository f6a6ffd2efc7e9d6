/**
 * Next.js: server components in inline scripts that hold data, a piece that streams, a form that
 * calls the server, pages changed without loading, a program loaded late.
 */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

const odd = 'Lotte "</script>'

export const nextApp: SampleApp = {
  name: 'Next.js: server components, actions and streaming',
  folder: new URL('.', import.meta.url),
  packages: ['next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1'],
  build: ['NODE', 'PACKAGES/next/dist/bin/next', 'build'],
  command: ['NODE', 'PACKAGES/next/dist/bin/next', 'start', '-p', 'PORT', '-H', '127.0.0.1'],
  pages: ['/', '/courts', '/?name=Lotte'],
  journey: async (page: Page, origin: string): Promise<void> => {
    await page.goto(origin)
    await page.getByText('Hello nobody').waitFor()
    await page.getByText('free courts for nobody').waitFor()
    await page.getByText('one moment').waitFor({ state: 'detached' })
    await page.click('#count')
    await page.getByText('count 1').waitFor()
    await page.click('#ask')
    await page.getByText('weather sunny').waitFor()
    await page.fill('input[name=name]', odd)
    await page.click('#book')
    await page.getByText(`booked by ${odd}`).waitFor()
    await page.getByText(`free courts for ${odd}`).waitFor()
    await page.click('a')
    await page.getByRole('heading', { name: 'All courts' }).waitFor()
    await page.click('#more')
    await page.getByText('court 1, court 2, court 3').waitFor()
    await page.reload()
    await page.click('#more')
    await page.getByText('court 1, court 2, court 3').waitFor()
    const colour = await page.evaluate(() => getComputedStyle(document.body).color)
    assert.equal(colour, 'rgb(1, 2, 3)', 'the style applies')
  },
}
