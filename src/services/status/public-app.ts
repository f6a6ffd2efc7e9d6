/**
 * The public door of the status service: page, JSON, feed.
 *
 * @module
 */
import type { Hono } from 'hono'
import { languages } from '#lib/claims/claim.ts'
import { pageShower, publicPages } from '#system/public-pages.ts'
import type { StatusConfig } from './config.ts'
import { atomFeed } from './feed.ts'
import { statusJson } from './json.ts'
import { Page } from './page.tsx'
import type { Snapshot } from './snapshot.ts'
import { stylesheet } from './style.ts'
import type { SubscriptionDesk } from './subscriptions/desk.ts'
import { subscriptionRoutes } from './subscriptions/routes.tsx'
import { ui } from './texts.ts'

export function publicApp(
  config: StatusConfig,
  look: () => Promise<Snapshot>,
  desk: SubscriptionDesk | undefined,
): Hono {
  const app = publicPages({
    stylesheet,
    forms: true,
    notFound: ui.notFound,
    page: async (language, address) =>
      Page({
        snapshot: await look(),
        language,
        config,
        stylesheet: address,
        subscribe: { open: desk !== undefined, mail: desk?.takesMail === true },
      }),
  })
  for (const language of languages) {
    app.get(`/feed.${language}.atom`, async (context) => {
      const origin = `https://${context.req.header('host') ?? 'status'}`
      const feed = atomFeed(await look(), config.operator, origin, language)
      return context.body(feed, 200, { 'content-type': 'application/atom+xml; charset=utf-8' })
    })
  }
  if (desk) {
    const show = pageShower(stylesheet)
    subscriptionRoutes(app, { desk, operator: config.operator, show })
  }
  app.get('/status.json', async (context) => context.json(statusJson(await look())))
  return app
}
