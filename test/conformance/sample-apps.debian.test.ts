/**
 * Twelve unmodified applications behind the gateway in Chromium: their policy is learned, proposed and
 * enforced. What visitors do goes on working, nothing is refused, and each reaches 120 points.
 *
 * Packages of npm are installed into a folder of the run; PHP and Python are Debian's. Next.js is
 * not among them: 330 MiB of packages and a build of minutes for one page of React.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { cspBrowser, journeyUnderPolicy } from '#kit/csp-journey.ts'
import { sampleApps, startSampleApp } from '#kit/sample-apps.ts'
import { sampleSites } from '#kit/sample-sites.ts'

const run = promisify(execFile)
const SCORE_MIN = 120
let browser: Browser
let folder: string

before(async () => {
  browser = await cspBrowser()
  folder = await mkdtemp(join(tmpdir(), 'veilig-apps-'))
  await writeFile(join(folder, 'package.json'), '{"private":true}')
  const packages = sampleApps.flatMap((app) => app.packages)
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], {
    cwd: folder,
  })
})
after(async () => {
  await browser.close()
  await rm(folder, { recursive: true, force: true })
})

async function journey(page: Page, origin: string): Promise<void> {
  await page.goto(origin)
  await page.getByText('Hello nobody').waitFor()
  await page.click('text=go')
  await page.getByText('clicked').waitFor()
  const colour = await page.evaluate(() => getComputedStyle(document.body).color)
  assert.equal(colour, 'rgb(1, 2, 3)', 'the inline style applies')
  await page.fill('input', 'Lotte "</script>')
  await page.click('#send')
  await page.getByText('Hello Lotte "</script>').waitFor()
}

for (const app of [...sampleApps, ...sampleSites]) {
  test(`unmodified: ${app.name} works under its policy and reaches ${SCORE_MIN}`, async () => {
    await using running = await startSampleApp(app, folder)
    const address = { host: running.host, port: running.port }
    const { grades, violations } = await journeyUnderPolicy(
      browser,
      address,
      app.journey ?? journey,
    )
    assert.deepEqual(violations, [])
    assert(grades.observatory.score >= SCORE_MIN, String(grades.observatory.score))
    assert.equal(grades.securityHeaders.grade, 'A+')
  })
}
