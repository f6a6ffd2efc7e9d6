/**
 * The HTTP side: unsubscribing, and the gateway's state for neighbours.
 *
 * RFC 8058: a POST acts without cookie, login or confirmation, and is never redirected. A GET never
 * acts, since link scanners fetch everything.
 *
 * @module
 */
import { Hono, type Context } from 'hono'
import { record } from './events.ts'
import { preferencesPage, stylesheet, unknownPage } from './pages.ts'
import type { MailPorts } from './ports.ts'
import type { MailStore } from './store.ts'
import type { Subscription } from './subscriptions.ts'
import { readSubscriptionToken } from './token.ts'
import { languageOf, type Language } from './words.ts'

export function pagesApp(ports: MailPorts, store: MailStore): Hono {
  const app = new Hono()
  app.use(async (context, next) => {
    await next()
    context.header('Cache-Control', 'no-store')
    // The address of the page is the credential: it must not leave with a click.
    context.header('Referrer-Policy', 'no-referrer')
    context.header('X-Robots-Tag', 'noindex')
  })
  app.get('/style.css', (context) =>
    context.body(stylesheet, 200, { 'Content-Type': 'text/css; charset=utf-8' }),
  )
  app.get('/status', async (context) => {
    // Only for processes beside us: the web gateway names the stranger it speaks for.
    if (context.req.header('x-forwarded-for') !== undefined) return context.notFound()
    return context.json(await store.state(ports.clock.nowMs()))
  })
  app.get('/u/:token', async (context) => {
    const found = await find(context, ports, store)
    const language = chosen(context, undefined)
    const { path } = context.req
    if (!found) return context.html(unknownPage(language, path), 404)
    const { subscription, outdated } = found
    const others = await store.siblings(subscription)
    const view = { language, subscription, others, outdated, path }
    return context.html(preferencesPage({ ...view, done: undefined }))
  })
  app.post('/u/:token', (context) => act(context, ports, store))
  return app
}

async function act(context: Context, ports: MailPorts, store: MailStore): Promise<Response> {
  const form = new URLSearchParams(await context.req.text())
  const found = await find(context, ports, store)
  const language = chosen(context, form.get('lang') ?? undefined)
  const { path } = context.req
  if (!found) return context.html(unknownPage(language, path), 404)
  const { subscription, outdated } = found
  if (form.get('List-Unsubscribe') === 'One-Click') {
    // A mail program acts at once; a link from before the newest consent is no longer its wish.
    if (outdated) return context.text('', 410)
    await stop(ports, store, subscription, 'one-click')
    return context.text('', 200)
  }
  const others = await store.siblings(subscription)
  const done = await change(ports, store, form, [subscription, ...others])
  if (done === undefined) return context.html(unknownPage(language, path), 400)
  const now = await store.subscription(subscription.id)
  const view = {
    language,
    subscription: now ?? subscription,
    others: await store.siblings(subscription),
    // A change of another list is seen at that list.
    done: form.has('of') ? undefined : done,
    outdated: false,
    path,
  }
  return context.html(preferencesPage(view))
}

/** What a button of the page asks; only of lists that the page shows. */
async function change(
  ports: MailPorts,
  store: MailStore,
  form: URLSearchParams,
  shown: readonly Subscription[],
): Promise<'stopped' | 'resumed' | 'stopped-all' | undefined> {
  const of = form.get('of')
  const one = of === null ? shown[0] : shown.find(({ id }) => id === of)
  const action = form.get('action')
  if (action === 'stop-all') {
    for (const each of shown) await stop(ports, store, each, 'page')
    return 'stopped-all'
  }
  if (one && action === 'stop') {
    await stop(ports, store, one, 'page')
    return 'stopped'
  }
  if (!one || action !== 'resume') return undefined
  await resume(ports, store, one)
  return 'resumed'
}

type Found = { readonly subscription: Subscription; readonly outdated: boolean }

async function find(
  context: Context,
  ports: MailPorts,
  store: MailStore,
): Promise<Found | undefined> {
  const token = readSubscriptionToken(ports.tokenKey, context.req.param('token') ?? '')
  const subscription = token && (await store.subscription(token.id))
  if (!subscription) return undefined
  return { subscription, outdated: token.generation !== subscription.generation }
}

async function stop(
  ports: MailPorts,
  store: MailStore,
  subscription: Subscription,
  how: string,
): Promise<void> {
  if (!(await store.unsubscribe(subscription.id, ports.clock.nowMs()))) return
  const { victimHash: person, list } = subscription
  await record(ports.trail, 'MAIL_UNSUBSCRIBED', { person, list, how })
}

async function resume(
  ports: MailPorts,
  store: MailStore,
  subscription: Subscription,
): Promise<void> {
  if (!(await store.resubscribe(subscription.id))) return
  const { victimHash: person, list } = subscription
  await record(ports.trail, 'MAIL_RESUBSCRIBED', { person, list })
}

function chosen(context: Context, posted: string | undefined): Language {
  return languageOf(posted ?? context.req.query('lang') ?? context.req.header('accept-language'))
}
