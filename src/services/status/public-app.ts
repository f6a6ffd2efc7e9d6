/**
 * The public door of the status service: page, JSON, feed.
 *
 * @module
 */
import type { Hono } from 'hono'
import { languages } from '#lib/claims/claim.ts'
import { publicPages } from '#system/public-pages.ts'
import type { StatusConfig } from './config.ts'
import { atomFeed } from './feed.ts'
import { statusJson } from './json.ts'
import { Page } from './page.tsx'
import type { Snapshot } from './snapshot.ts'
import { stylesheet } from './style.ts'
import { ui } from './texts.ts'

export function publicApp(config: StatusConfig, look: () => Promise<Snapshot>): Hono {
  const app = publicPages({
    stylesheet,
    notFound: ui.notFound,
    page: async (language, address) =>
      Page({ snapshot: await look(), language, config, stylesheet: address }),
  })
  for (const language of languages) {
    app.get(`/feed.${language}.atom`, async (context) => {
      const origin = `https://${context.req.header('host') ?? 'status'}`
      const feed = atomFeed(await look(), config.operator, origin, language)
      return context.body(feed, 200, { 'content-type': 'application/atom+xml; charset=utf-8' })
    })
  }
  app.get('/status.json', async (context) => context.json(statusJson(await look())))
  return app
}
