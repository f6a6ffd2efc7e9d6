/** Express: a session, a picture seen before it is sent, sent as a form with a file, and shown. */
import type { Page } from 'playwright-core'
import type { SampleApp } from '../run.ts'

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAADUlEQVR4nGP4z8AARAAG/gH/JlQ3nAAAAABJRU5ErkJggg==',
  'base64',
)

export const expressApp: SampleApp = {
  name: 'Express: a gallery one uploads pictures to',
  folder: new URL('.', import.meta.url),
  packages: ['express@5.3.0', 'express-session@1.19.0', 'multer@2.5.0'],
  command: ['NODE', 'server.mjs', 'PORT'],
  journey: async (page: Page, origin: string): Promise<void> => {
    await page.goto(origin)
    const file = { name: 'court.png', mimeType: 'image/png', buffer: picture }
    await page.setInputFiles('input[type=file]', file)
    await page.getByText('court.png is 2 wide').waitFor()
    await page.fill('input[name=title]', 'Court "</script>')
    await page.click('#send')
    await page.getByText(`Court "</script>, ${picture.length} bytes`).waitFor()
    await page.waitForFunction(() => document.querySelector<HTMLImageElement>('#shown')?.complete)
    await page.click('text=back')
    await page.getByText('Thanks for the picture').waitFor() // the session came back
  },
}
