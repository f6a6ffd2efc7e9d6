/** Fastify: a chat; its WebSocket passes the gateway, and two visitors hear each other. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

export const fastifyApp: SampleApp = {
  name: 'Fastify: a chat over WebSocket',
  folder: new URL('.', import.meta.url),
  packages: ['fastify@5.12.8', '@fastify/websocket@11.3.6'],
  command: ['NODE', 'server.mjs', 'PORT'],
  journey: async (page: Page, origin: string): Promise<void> => {
    const other = await page.context().newPage()
    await other.goto(origin)
    await other.getByText('chat: welcome').waitFor()
    await page.goto(origin)
    await page.getByText('chat: welcome').waitFor()
    await page.fill('input', 'Is court 2 free? </script>')
    await page.click('text=say')
    await other.getByText('member: Is court 2 free? </script>').waitFor()
    const colour = await page.evaluate(() => {
      const line = document.querySelector('.mine')
      return line && getComputedStyle(line).color
    })
    assert.equal(colour, 'rgb(1, 2, 3)', 'the inline style applies')
    await other.close()
  },
}
