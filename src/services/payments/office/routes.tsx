/**
 * The addresses of a club's office. A pass leads in, once, and to one club; there is no address on
 * which another club's name could be written.
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { Hono, type Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { z } from 'zod'
import { languages, type Language, type Words } from '#lib/claims/claim.ts'
import { DeniedError, FaultError } from '#lib/errors.ts'
import { chooseLanguage } from '#lib/page/language.ts'
import { tenantKeys } from '../keys.ts'
import type { Environment, Payment } from '../model.ts'
import type { TenantStore } from '../tenant-store.ts'
import { htmlOf, STYLE_PATH, stylesheet } from './frame.tsx'
import { dayOf, type Office } from './office.ts'
import { EnterPage, OfficePage } from './pages.tsx'
import { office as said } from './words.ts'

const COOKIE = '__Host-office'
const SESSION_MS = 8 * 3_600_000
export const LINK_MS: number = 24 * 3_600_000
const SECRET = /^[\w-]{43}$/
const POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; " +
  "frame-ancestors 'none'"

export type OfficeRoutePorts = {
  readonly office: Office
  readonly store: TenantStore
  readonly payments: (tenant: string) => Promise<readonly Payment[]>
  readonly environments: readonly Environment[]
  readonly nowMs: () => number
  /** 32 random bytes. */
  readonly random: () => Uint8Array
  readonly record: (code: string, detail: Readonly<Record<string, string>>) => void
}

type Inside = { readonly tenant: string; readonly secret: string }

export function officeRoutes(ports: OfficeRoutePorts): Hono {
  const { store, office, nowMs, random, record } = ports
  const app = new Hono()
  app.use(async (c, next) => {
    await next()
    c.header('Content-Security-Policy', POLICY)
    c.header('Cache-Control', 'no-store')
    c.header('Referrer-Policy', 'no-referrer')
  })
  app.get(STYLE_PATH, (c) => c.body(stylesheet, 200, { 'content-type': 'text/css' }))
  app.get('/office/in/:secret', async (c) => {
    const secret = c.req.param('secret')
    const holds = SECRET.test(secret) && (await store.passOf(digestOf(secret), 'link', nowMs()))
    const action = holds ? `/office/in/${secret}` : undefined
    return c.html(htmlOf(<EnterPage language={languageOf(c)} action={action} />))
  })
  app.post('/office/in/:secret', async (c) => {
    const secret = c.req.param('secret')
    const tenant = SECRET.test(secret) && (await store.takePass(digestOf(secret), nowMs()))
    if (!tenant) return c.html(htmlOf(<EnterPage language={languageOf(c)} action={undefined} />))
    const session = Buffer.from(random()).toString('base64url')
    await store.givePass(digestOf(session), 'session', tenant, nowMs() + SESSION_MS)
    record('PAYMENT_OFFICE_ENTERED', { tenant })
    // Lax: the way in comes from a mail, another site, and posts only from here.
    const options = { httpOnly: true, secure: true, sameSite: 'Lax', path: '/' } as const
    setCookie(c, COOKIE, session, { ...options, maxAge: SESSION_MS / 1000 })
    return c.redirect('/office', 303)
  })
  app.get('/office', (c) => within(c, ports, (inside) => show(c, ports, inside)))
  app.post('/office/leave', (c) =>
    posted(c, ports, async ({ secret }) => {
      await store.takePass(digestOf(secret), nowMs())
      return c.redirect(`/office?lang=${languageOf(c)}`, 303)
    }),
  )
  app.post('/office/compare', (c) =>
    posted(c, ports, async (inside) => {
      const problem = await refusal(() => office.compareDay(inside.tenant, dayOf(nowMs())))
      return await show(c, ports, inside, problem && { good: false, words: problem })
    }),
  )
  app.post('/office/keys', (c) =>
    posted(c, ports, async (inside, fields) => {
      const { token: _token, environment, ...given } = fields
      const keys = tenantKeys.safeParse(given)
      const place = ports.environments.find((one) => one === environment)
      if (!keys.success || !place) {
        return await show(c, ports, inside, { good: false, words: said.unread })
      }
      const by = `office of ${inside.tenant}`
      const problem = await refusal(() => office.enter(inside.tenant, place, keys.data, by))
      const words = problem ?? said.saved
      return await show(c, ports, inside, { good: problem === undefined, words })
    }),
  )
  app.post('/office/contact', (c) =>
    posted(c, ports, async ({ tenant }, fields) => {
      const address = z.email().max(254).safeParse(fields['address'])
      const language = languages.find((one) => one === fields['language'])
      if (address.success && language) {
        await store.enterContact(tenant, { address: address.data, language })
        record('PAYMENT_CONTACT_ENTERED', { tenant })
      }
      return c.redirect(`/office?lang=${languageOf(c)}`, 303)
    }),
  )
  return app
}

async function show(
  c: Context,
  ports: OfficeRoutePorts,
  { tenant, secret }: Inside,
  message?: { readonly good: boolean; readonly words: Words },
): Promise<Response> {
  const { store } = ports
  const [payments, statements, keys, contact, outages] = await Promise.all([
    ports.payments(tenant),
    store.statements(tenant),
    store.chosen(tenant),
    store.contact(tenant),
    store.outages(),
  ])
  const view = {
    language: languageOf(c),
    tenant,
    token: tokenOf(secret),
    payments,
    statements,
    keys,
    contact,
    outages: outages.filter((one) => one.tenant === tenant && one.endedMs === null),
    environments: ports.environments,
    said: message,
  }
  return c.html(htmlOf(<OfficePage {...view} />), message?.good === false ? 422 : 200)
}

/** Whoever is not inside is told how to come in; nothing says which clubs there are. */
async function within(
  c: Context,
  { store, nowMs }: OfficeRoutePorts,
  act: (inside: Inside) => Promise<Response>,
): Promise<Response> {
  const secret = getCookie(c, COOKIE) ?? ''
  const tenant = SECRET.test(secret)
    ? await store.passOf(digestOf(secret), 'session', nowMs())
    : undefined
  if (tenant !== undefined) return await act({ tenant, secret })
  return c.html(htmlOf(<EnterPage language={languageOf(c)} action={undefined} />), 403)
}

async function posted(
  c: Context,
  ports: OfficeRoutePorts,
  act: (inside: Inside, fields: Readonly<Record<string, string>>) => Promise<Response>,
): Promise<Response> {
  return await within(c, ports, async (inside) => {
    const body = await c.req.parseBody()
    const fields = Object.fromEntries(
      Object.entries(body).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    )
    const given = Buffer.from(fields['token'] ?? '')
    const wanted = Buffer.from(tokenOf(inside.secret))
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      return c.text('Not accepted.\n', 403)
    }
    return await act(inside, fields)
  })
}

async function refusal(act: () => Promise<unknown>): Promise<Words | undefined> {
  try {
    await act()
    return undefined
  } catch (error) {
    if (error instanceof DeniedError) return said.wrong
    if (error instanceof FaultError) return said.away
    throw error
  }
}

/** Digests stand in the store: who reads it cannot come in. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

function tokenOf(secret: string): string {
  return createHash('sha256').update(`form ${secret}`).digest('hex')
}

export function languageOf(c: Context): Language {
  const asked = c.req.query('lang')
  return languages.find((one) => one === asked) ?? chooseLanguage(c.req.header('accept-language'))
}
