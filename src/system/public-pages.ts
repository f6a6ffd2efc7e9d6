/**
 * Serves a page in three languages to everybody: strict policy, look and sign, nothing else.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { Hono, type Context } from 'hono'
import { compress } from 'hono/compress'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { VNode } from 'preact'
import { render } from 'preact-render-to-string'
import { languages, type Language, type Words } from '#lib/claims/claim.ts'
import { markSvg } from '#lib/page/icons.tsx'
import { chooseLanguage } from '#lib/page/language.ts'

const VERSION_DIGITS = 12

/** No script at all, nothing from elsewhere, in nobody's frame. */
const contentSecurityPolicy = (forms: boolean): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    `form-action ${forms ? "'self'" : "'none'"}`,
    "frame-ancestors 'none'",
  ].join('; ')

export type PublicPages = {
  readonly stylesheet: string
  readonly notFound: Words
  /** The document, made anew for each visit. @param stylesheet Its address. */
  readonly page: (language: Language, stylesheet: string) => Promise<VNode>
  /** Whether there are forms on its pages, that lead to itself. */
  readonly forms?: boolean
}

/** Answers with a page of the same look. @param page Given the address of the stylesheet. */
export type ShowPage = (
  context: Context,
  status: number,
  page: (stylesheet: string) => VNode,
) => Response | Promise<Response>

/** `/` in the visitor's language, `/nl`, `/en`, `/fr`, and what belongs to them. */
export function publicPages({ stylesheet, notFound, page, forms }: PublicPages): Hono {
  const path = stylesheetPath(stylesheet)
  const app = new Hono()
  app.use(compress()) // nothing on the page is secret, so its length may tell what it likes
  app.use(async (context, next) => {
    await next()
    context.header('content-security-policy', contentSecurityPolicy(forms === true))
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

/** Another address for each version, so that it may be kept for ever. */
function stylesheetPath(stylesheet: string): string {
  const digest = createHash('sha256').update(stylesheet).digest('hex')
  return `/style-${digest.slice(0, VERSION_DIGITS)}.css`
}

/** For further pages of a service, in the look of its first. */
export function pageShower(stylesheet: string): ShowPage {
  const path = stylesheetPath(stylesheet)
  return (context, status, page) =>
    context.html(`<!doctype html>${render(page(path))}`, status as ContentfulStatusCode)
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
