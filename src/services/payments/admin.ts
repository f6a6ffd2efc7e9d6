/**
 * What the operator's commands ask of payments, over a Unix socket of our own account.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { VeiligError } from '#lib/errors.ts'
import { tenantKeys, type TenantKeys } from './keys.ts'
import type { Environment } from './model.ts'
import type { Office } from './office/office.ts'
import { digestOf, LINK_MS } from './office/routes.tsx'
import type { TenantStore } from './tenant-store.ts'

const BODY_MAX = 16 * 1024
const tenant = z.string().regex(/^[\w.-]{1,100}$/)

export type AdminQuestion =
  | { readonly ask: 'clubs' }
  | { readonly ask: 'link'; readonly tenant: string }
  | { readonly ask: 'compare'; readonly tenant: string; readonly day: string }
  | {
      readonly ask: 'keys'
      readonly tenant: string
      readonly environment: Environment
      readonly keys: TenantKeys
      readonly by: string
    }

const question: z.ZodType<AdminQuestion> = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('clubs') }),
  z.strictObject({ ask: z.literal('link'), tenant }),
  z.strictObject({ ask: z.literal('compare'), tenant, day: z.iso.date() }),
  z.strictObject({
    ask: z.literal('keys'),
    tenant,
    environment: z.enum(['demonstration', 'test', 'production']),
    keys: tenantKeys,
    by: z.string().max(100),
  }),
])

export type AdminPorts = {
  readonly office: Office
  readonly store: TenantStore
  readonly publicOrigin: string
  readonly nowMs: () => number
  readonly random: () => Uint8Array
  readonly record: (code: string, detail: Readonly<Record<string, string>>) => void
}

export function adminApp(ports: AdminPorts): Hono<{ Bindings: { incoming: IncomingMessage } }> {
  const app = new Hono<{ Bindings: { incoming: IncomingMessage } }>()
  app.use(bodyLimit({ maxSize: BODY_MAX }))
  app.post('/', async (c) => {
    const given = question.safeParse(await c.req.json().catch(() => undefined))
    if (!given.success) return c.json({ error: 'PAYMENT_REQUEST_INVALID' }, 400)
    return c.json(await answer(given.data, ports))
  })
  app.onError((error, c) => {
    const code = error instanceof VeiligError ? error.code : 'PAYMENT_STORE_FAILED'
    return c.json({ error: code, message: error.message }, 409)
  })
  return app
}

async function answer(asked: AdminQuestion, ports: AdminPorts): Promise<object> {
  const { office, store, nowMs, record } = ports
  switch (asked.ask) {
    case 'clubs': {
      const outages = await store.outages()
      const clubs = await Promise.all(
        (await store.tenants()).map(async (name) => {
          const chosen = await store.chosen(name)
          const trouble = outages.find(
            (one) => one.tenant === name && one.endedMs === null,
          )?.trouble
          return {
            tenant: name,
            gateway: chosen?.gateway,
            environment: chosen?.environment,
            keysEnteredMs: chosen?.enteredMs,
            trouble: trouble ?? null,
          }
        }),
      )
      return { clubs }
    }
    case 'link': {
      const secret = Buffer.from(ports.random()).toString('base64url')
      await store.givePass(digestOf(secret), 'link', asked.tenant, nowMs() + LINK_MS)
      record('PAYMENT_OFFICE_LINK_MADE', { tenant: asked.tenant })
      return { link: `${ports.publicOrigin}/office/in/${secret}` }
    }
    case 'compare':
      return await office.compareDay(asked.tenant, asked.day)
    case 'keys':
      await office.enter(asked.tenant, asked.environment, asked.keys, asked.by)
      return { entered: true }
  }
}
