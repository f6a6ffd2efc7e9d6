/**
 * The public door of the status service: page, JSON, feed.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { Hono, type Context } from 'hono'
import { compress } from 'hono/compress'
import { h } from 'preact'
import { render } from 'preact-render-to-string'
import { languages, type Language } from '#lib/claims/claim.ts'
import { chooseLanguage } from '#lib/page/language.ts'
import type { StatusConfig } from './config.ts'
import { atomFeed } from './feed.ts'
import { statusJson } from './json.ts'
import { Page } from './page.tsx'
import type { Snapshot } from './snapshot.ts'
import { stylesheet } from './style.ts'
import { ui } from './texts.ts'

const VERSION_DIGITS = 12
const digest = createHash('sha256').update(stylesheet).digest('hex')
const stylesheetPath = `/style-${digest.slice(0, VERSION_DIGITS)}.css`

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#1c6b45" d="M12 1l9 ' +
  '3.4V11c0 5.6-3.8 10.1-9 12-5.2-1.9-9-6.4-9-12V4.4z"/><circle cx="12" cy="11.5" r="3.6" ' +
  'fill="none" stroke="#fff" stroke-width="2.2"/></svg>'

/** No script at all, nothing from elsewhere, in nobody's frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function publicApp(config: StatusConfig, look: () => Promise<Snapshot>): Hono {
  const app = new Hono()
  app.use(compress()) // nothing on the page is secret, so its length may tell what it likes
  app.use(async (context, next) => {
    await next()
    context.header('content-security-policy', contentSecurityPolicy)
    context.header('x-content-type-options', 'nosniff')
    context.header('referrer-policy', 'no-referrer')
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-cache')
  })
  const page = async (context: Context, language: Language): Promise<Response> => {
    const snapshot = await look()
    const body = render(h(Page, { snapshot, language, config, stylesheet: stylesheetPath }))
    return context.html(`<!doctype html>${body}`)
  }
  app.get('/', (context) => {
    context.header('vary', 'accept-language')
    return page(context, chooseLanguage(context.req.header('accept-language')))
  })
  for (const language of languages) {
    app.get(`/${language}`, (context) => page(context, language))
    app.get(`/feed.${language}.atom`, async (context) => {
      const origin = `https://${context.req.header('host') ?? 'status'}`
      const feed = atomFeed(await look(), config.operator, origin, language)
      return context.body(feed, 200, { 'content-type': 'application/atom+xml; charset=utf-8' })
    })
  }
  app.get('/status.json', async (context) => context.json(statusJson(await look())))
  serveFixed(app)
  app.notFound((context) => {
    const language = chooseLanguage(context.req.header('accept-language'))
    return context.text(ui.notFound[language], 404)
  })
  return app
}

function serveFixed(app: Hono): void {
  const forever = { 'cache-control': 'public, max-age=31536000, immutable' }
  app.get(stylesheetPath, (context) =>
    context.body(stylesheet, 200, { 'content-type': 'text/css; charset=utf-8', ...forever }),
  )
  app.get('/icon.svg', (context) =>
    context.body(icon, 200, {
      'content-type': 'image/svg+xml',
      'cache-control': 'public, max-age=86400',
    }),
  )
  app.get('/robots.txt', (context) => context.text('User-agent: *\nAllow: /\n'))
}
