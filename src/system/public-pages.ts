/**
 * Serves a page in three languages to everybody: strict policy, look and sign, nothing else.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { Hono, type Context } from 'hono'
import { compress } from 'hono/compress'
import type { VNode } from 'preact'
import { render } from 'preact-render-to-string'
import { languages, type Language, type Words } from '#lib/claims/claim.ts'
import { markSvg } from '#lib/page/icons.tsx'
import { chooseLanguage } from '#lib/page/language.ts'

const VERSION_DIGITS = 12

/** No script at all, nothing from elsewhere, in nobody's frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export type PublicPages = {
  readonly stylesheet: string
  readonly notFound: Words
  /** The document, made anew for each visit. @param stylesheet Its address. */
  readonly page: (language: Language, stylesheet: string) => Promise<VNode>
}

/** `/` in the visitor's language, `/nl`, `/en`, `/fr`, and what belongs to them. */
export function publicPages({ stylesheet, notFound, page }: PublicPages): Hono {
  const digest = createHash('sha256').update(stylesheet).digest('hex')
  const path = `/style-${digest.slice(0, VERSION_DIGITS)}.css`
  const app = new Hono()
  app.use(compress()) // nothing on the page is secret, so its length may tell what it likes
  app.use(async (context, next) => {
    await next()
    context.header('content-security-policy', contentSecurityPolicy)
    context.header('x-content-type-options', 'nosniff')
    context.header('referrer-policy', 'no-referrer')
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-cache')
  })
  const show = async (context: Context, language: Language): Promise<Response> =>
    context.html(`<!doctype html>${render(await page(language, path))}`)
  app.get('/', (context) => {
    context.header('vary', 'accept-language')
    return show(context, chooseLanguage(context.req.header('accept-language')))
  })
  for (const language of languages) app.get(`/${language}`, (context) => show(context, language))
  serveFixed(app, path, stylesheet)
  app.notFound((context) => {
    const language = chooseLanguage(context.req.header('accept-language'))
    return context.text(notFound[language], 404)
  })
  return app
}

function serveFixed(app: Hono, path: string, stylesheet: string): void {
  const forever = { 'cache-control': 'public, max-age=31536000, immutable' }
  app.get(path, (context) =>
    context.body(stylesheet, 200, { 'content-type': 'text/css; charset=utf-8', ...forever }),
  )
  app.get('/icon.svg', (context) =>
    context.body(markSvg, 200, {
      'content-type': 'image/svg+xml',
      'cache-control': 'public, max-age=86400',
    }),
  )
  app.get('/robots.txt', (context) => context.text('User-agent: *\nAllow: /\n'))
}
