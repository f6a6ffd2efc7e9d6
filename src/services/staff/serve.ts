/**
 * The console's doors: its pages behind the web-gateway, and a socket for the operator's commands.
 *
 * @module
 */
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { h, type VNode } from 'preact'
import { render } from 'preact-render-to-string'
import type { RunningService } from '#system/service.ts'
import { migrate } from '#system/postgres/migrate.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import { adminApp } from './admin.ts'
import { Approvals } from './approvals.ts'
import type { StaffConfig } from './config.ts'
import { Desk } from './desk.ts'
import { pass, type Guarded, type Incoming } from './guard.ts'
import { handlersOf } from './handlers.ts'
import { LoginPage, RefusedPage } from './pages.tsx'
import { Outside } from './outside.ts'
import { Passkeys } from './passkeys.ts'
import { routes, type RouteName } from './doors.ts'
import type { StaffPorts } from './ports.ts'
import { ensureProbeAccount } from './probe-account.ts'
import { resealSeeds } from './reseal.ts'
import { Requests } from './requests.ts'

const BODY_MAX_BYTES = 65_536
const REMIND_MS = 3_600_000

const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "frame-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Of what a frame of ours shows: words and colours, and nothing that loads, runs or leads away. */
const framedPolicy = [
  'sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ')

/** @throws {FaultError} MIGRATION_…, LISTEN_FAILED. */
export async function serve(config: StaffConfig, ports: StaffPorts): Promise<RunningService> {
  await using started = new AsyncDisposableStack()
  const client = await ports.pool.connect()
  try {
    await migrate(client, (await import('./schema.ts')).migrations)
  } finally {
    client.release()
  }
  const desk = new Desk(config, ports)
  await resealSeeds(desk)
  await ensureProbeAccount(desk)
  const requests = new Requests(desk)
  const approvals = new Approvals(desk)
  const pages = createAdaptorServer({ fetch: consoleApp(desk, requests, approvals).fetch })
  started.use(await listenOnUnix(pages as Server, ports.socket)) // HTTP/1.1: no other was asked for
  const admin = createAdaptorServer({ fetch: adminApp(desk, requests, approvals).fetch })
  started.use(await listenOnUnix(admin as Server, ports.adminSocket))
  const outside = new Outside(desk)
  const remind = (): void => {
    outside.remind().catch((error: unknown) => ports.onFault('reminders', error))
  }
  started.adopt(setInterval(remind, REMIND_MS), clearInterval)
  const all = started.move()
  return { [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** Every address of the table, and no other. */
export function consoleApp(desk: Desk, requests: Requests, approvals: Approvals): Hono {
  const app = new Hono()
  app.use(async (context, next) => {
    await next()
    context.header('x-content-type-options', 'nosniff')
    if (!context.res.headers.has('content-security-policy')) {
      context.header('content-security-policy', contentSecurityPolicy)
      context.header('x-frame-options', 'DENY')
    }
    context.header('referrer-policy', 'same-origin')
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store')
  })
  app.use(bodyLimit({ maxSize: BODY_MAX_BYTES }))
  const handlers = handlersOf(desk, new Passkeys(desk), requests, approvals)
  for (const name of Object.keys(routes) as RouteName[]) {
    const [method = '', path = ''] = name.split(' ')
    app.on(method, path, async (context) => {
      const guarded = await pass(desk, name, handlers[name], await incomingOf(context))
      return respond(context, name, guarded)
    })
  }
  app.notFound((context) => context.html(refusal('Not here', 'There is no such page.'), 404))
  return app
}

async function incomingOf(context: Context): Promise<Incoming> {
  const { req } = context
  const json = req.header('content-type')?.startsWith('application/json') === true
  const fields =
    req.method !== 'POST'
      ? req.query()
      : ((json ? await req.json().catch(() => ({})) : await req.parseBody()) as object)
  return {
    signed: {
      body: json ? await req.text() : '',
      signature: req.header('x-veilig-signature') ?? '',
    },
    method: req.method,
    origin: req.header('origin'),
    csrf: req.header('x-csrf'),
    cookies: cookiesIn(req.header('cookie') ?? ''),
    // The web-gateway sets it and takes away what a client claims.
    address: req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '',
    agent: req.header('user-agent') ?? '',
    fields: { ...fields },
    url: new URL(req.url).pathname + new URL(req.url).search,
    parameter: req.param('token') ?? req.param('id') ?? '',
    byItself: req.header('x-live') !== undefined || req.path === '/live',
  }
}

function cookiesIn(header: string): ReadonlyMap<string, string> {
  const pairs = header.split(';').map((part): [string, string] => {
    const at = part.indexOf('=')
    return [part.slice(0, at).trim(), part.slice(at + 1).trim()]
  })
  return new Map(pairs)
}

function respond(context: Context, name: RouteName, { answer, cookies }: Guarded): Response {
  for (const cookie of cookies) context.header('set-cookie', cookie, { append: true })
  const status = (answer.status ?? 200) as 200
  if (answer.asset) {
    const { text, type } = answer.asset
    return context.body(text, 200, {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'private, max-age=3600',
    })
  }
  if (answer.events)
    return context.body(answer.events, 200, { 'content-type': 'text/event-stream' })
  if (answer.framed !== undefined) {
    context.header('content-security-policy', framedPolicy)
    context.header('x-frame-options', 'SAMEORIGIN')
    return context.html(answer.framed, status)
  }
  if (answer.html !== undefined) return context.html(answer.html, status)
  if (answer.to !== undefined) return context.redirect(answer.to, 303)
  if (name.includes('/passkey') || routes[name].program === true)
    return context.json(answer.json as object, status)
  const { message } = answer.json as { message: string }
  if (name === 'POST /login') return context.html(doc(h(LoginPage, { problem: message })), status)
  return context.html(refusal('That did not work', `${sentences[message] ?? message}`), status)
}

const sentences: Readonly<Record<string, string>> = {
  'from another site': 'This request came from another site, so nothing was done.',
  'an old form': 'This form is too old. Please open the page again.',
  'old password': 'Your password is too old. Choose another one under My account.',
  'your own': 'You asked for this yourself. Somebody else must approve it.',
  'not signed in': 'You are not signed in, or not any more.',
  'not allowed': 'Your role does not allow this. Ask an owner if you need it.',
}

function refusal(title: string, text: string): string {
  return doc(h(RefusedPage, { title, text }))
}

function doc<P>(node: VNode<P>): string {
  return `<!doctype html>${render(node)}`
}
