/**
 * Thirteen unmodified applications behind the gateway in Chromium, each with a journey of its own:
 * their policy is learned, proposed and enforced. What visitors do goes on working, nothing is
 * refused, and each reaches 120 points.
 *
 * Packages of npm are installed for it, Next.js alone 330 MiB; with `VEILIG_KEPT_FOLDER=FOLDER`
 * they are kept. PHP and Python are Debian's.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { blogApp } from '#kit/apps/blog/app.ts'
import { boardApp } from '#kit/apps/board/app.ts'
import { ejsApp } from '#kit/apps/ejs/app.ts'
import { expressApp } from '#kit/apps/express/app.ts'
import { fastifyApp } from '#kit/apps/fastify/app.ts'
import { honoApp } from '#kit/apps/hono/app.ts'
import { koaApp } from '#kit/apps/koa/app.ts'
import { nextApp } from '#kit/apps/next/app.ts'
import { phpApp } from '#kit/apps/php/app.ts'
import { polkaApp } from '#kit/apps/polka/app.ts'
import { pythonApp } from '#kit/apps/python/app.ts'
import { reactApp } from '#kit/apps/react/app.ts'
import { installSampleApp, startSampleApp, type SampleApp } from '#kit/apps/run.ts'
import { singlePageApp } from '#kit/apps/single-page/app.ts'
import { cspBrowser, journeyUnderPolicy } from '#kit/csp-journey.ts'

const apps: readonly SampleApp[] = [
  expressApp,
  fastifyApp,
  koaApp,
  honoApp,
  polkaApp,
  reactApp,
  ejsApp,
  singlePageApp,
  phpApp,
  pythonApp,
  blogApp,
  boardApp,
  nextApp,
]
const SCORE_MIN = 120
let browser: Browser

before(async () => {
  browser = await cspBrowser()
})
after(() => browser.close())

for (const app of apps) {
  test(`unmodified: ${app.name}: works under its policy and reaches ${SCORE_MIN}`, async (t) => {
    await using installed = await installSampleApp(app)
    await using running = await startSampleApp(app, installed)
    const address = { host: running.host, port: running.port }
    const travelled = { address, hosts: app.hosts, pages: app.pages }
    const { grades, violations, proposal } = await journeyUnderPolicy(
      browser,
      travelled,
      app.journey,
    )
    t.diagnostic(
      `${grades.observatory.score} points; ${proposal.warnings.join(' ') || 'no warnings'}`,
    )
    assert.deepEqual(violations, [])
    assert(grades.observatory.score >= SCORE_MIN, String(grades.observatory.score))
    assert.equal(grades.securityHeaders.grade, 'A+')
  })
}
