/**
 * The trust page's door: HTTP on a unix socket, behind the web gateway.
 *
 * @module
 */
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { languages } from '#lib/claims/claim.ts'
import type { History } from '#lib/claims/history.ts'
import { publicPages } from '#system/public-pages.ts'
import type { RunningService } from '#system/service.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import { makeBundle } from '#storage/evidence/bundle.ts'
import { badge } from './badge.ts'
import type { TrustConfig } from './config.ts'
import { customerRoutes } from './customer-routes.ts'
import { keepHistory } from './history.ts'
import { claimsJson, historyJson } from './json.ts'
import { oscal } from './oscal.ts'
import { Page } from './page.tsx'
import type { TrustPorts } from './ports.ts'
import { TrustSession } from './session.ts'
import { stylesheet } from './style.ts'
import { ui } from './texts.ts'

/** Opens the page's door. */
export async function serveTrust(config: TrustConfig, ports: TrustPorts): Promise<RunningService> {
  const session = new TrustSession(config, ports)
  await using opened = new AsyncDisposableStack()
  const { history } = opened.use(await keepHistory(session, ports))
  const server = createAdaptorServer({ fetch: trustApp(config, ports, session, history).fetch })
  opened.use(await listenOnUnix(server as Server, ports.socket)) // HTTP/1.1: no other was asked for
  const all = opened.move()
  return { [Symbol.asyncDispose]: () => all.disposeAsync() }
}

function trustApp(
  config: TrustConfig,
  ports: TrustPorts,
  session: TrustSession,
  history: History,
): Hono {
  const app = publicPages({
    stylesheet,
    notFound: ui.notFound,
    page: async (language, address) =>
      Page({ snapshot: await session.snapshot(), history, language, config, stylesheet: address }),
  })
  app.get('/claims.json', async (context) => context.json(claimsJson(await session.snapshot())))
  app.get('/history.json', (context) => context.json(historyJson(history)))
  app.get('/oscal.json', async (context) => context.json(oscal(await session.snapshot(), config)))
  for (const language of languages) {
    app.get(`/badge.${language}.svg`, async (context) => {
      context.header('cross-origin-resource-policy', 'cross-origin') // made for others' pages
      const type = { 'content-type': 'image/svg+xml; charset=utf-8' }
      return context.body(badge(await session.snapshot(), language), 200, type)
    })
  }
  app.get('/evidence.bundle', async (context) => {
    const { view, problem } = await session.snapshot()
    if (!view) return context.json({ code: problem ?? 'EVIDENCE_ALTERED' }, 503)
    const bundle = await makeBundle(ports.place, view)
    context.header('content-disposition', 'attachment; filename="evidence.bundle"')
    return context.json(bundle)
  })
  customerRoutes(app, config, ports, session)
  app.get('/.well-known/security.txt', (context) => {
    return context.text(securityTxt(config, ports.clock.nowMs()))
  })
  return app
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
