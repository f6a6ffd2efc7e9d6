/**
 * The trust page's door: HTTP on a unix socket, behind the web gateway.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { compress } from 'hono/compress'
import { h } from 'preact'
import { render } from 'preact-render-to-string'
import { languages, type Language } from '#lib/claims/claim.ts'
import type { RunningService } from '#system/service.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import { makeBundle } from '#storage/evidence/bundle.ts'
import type { TrustConfig } from './config.ts'
import { claimsJson } from './json.ts'
import { chooseLanguage } from '#lib/page/language.ts'
import { Page } from './page.tsx'
import type { TrustPorts } from './ports.ts'
import { TrustSession } from './session.ts'
import { stylesheet } from './style.ts'
import { ui } from './texts.ts'

const VERSION_DIGITS = 12
const stylesheetPath = `/style-${digest(stylesheet)}.css`

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

/** Opens the page's door. */
export async function serveTrust(config: TrustConfig, ports: TrustPorts): Promise<RunningService> {
  const session = new TrustSession(config, ports)
  const server = createAdaptorServer({ fetch: trustApp(config, ports, session).fetch })
  return listenOnUnix(server as Server, ports.socket) // HTTP/1.1: no other was asked for
}

function trustApp(config: TrustConfig, ports: TrustPorts, session: TrustSession): Hono {
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
    const snapshot = await session.snapshot()
    const body = render(h(Page, { snapshot, language, config, stylesheet: stylesheetPath }))
    return context.html(`<!doctype html>${body}`)
  }
  app.get('/', (context) => {
    context.header('vary', 'accept-language')
    return page(context, chooseLanguage(context.req.header('accept-language')))
  })
  for (const language of languages) app.get(`/${language}`, (context) => page(context, language))
  app.get('/claims.json', async (context) => context.json(claimsJson(await session.snapshot())))
  app.get('/evidence.bundle', async (context) => {
    const { view, problem } = await session.snapshot()
    if (!view) return context.json({ code: problem ?? 'EVIDENCE_ALTERED' }, 503)
    const bundle = await makeBundle(ports.place, view)
    context.header('content-disposition', 'attachment; filename="evidence.bundle"')
    return context.json(bundle)
  })
  app.get('/.well-known/security.txt', (context) => {
    return context.text(securityTxt(config, ports.clock.nowMs()))
  })
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

const SECURITY_TXT_DAYS = 30
const DAY_MS = 86_400_000

/** RFC 9116. It is made anew with each request, so it never expires while the page lives. */
function securityTxt(config: TrustConfig, nowMs: number): string {
  const expires = new Date(nowMs + SECURITY_TXT_DAYS * DAY_MS).toISOString()
  return [
    `Contact: ${config.securityContact}`,
    `Expires: ${expires}`,
    `Preferred-Languages: ${languages.join(', ')}`,
    '',
  ].join('\n')
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, VERSION_DIGITS)
}
