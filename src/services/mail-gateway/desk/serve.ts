/**
 * The door of the mail for our own console and commands: on a socket that only our own account may
 * open. Whoever asks has checked who may.
 *
 * @module
 */
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { DeniedError } from '#lib/errors.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import { NOTE_MAX } from '../suppression.ts'
import type { MailDesk } from './questions.ts'

const BODY_MAX = 4096

export type MailQuestion =
  | { readonly ask: 'sent'; readonly state: string; readonly tenant: string }
  | { readonly ask: 'suppressions' }
  | { readonly ask: 'figures' }
  | { readonly ask: 'templates' }
  | { readonly ask: 'template'; readonly name: string; readonly language: string }
  | { readonly ask: 'person'; readonly address: string }
  | {
      readonly ask: 'suppress'
      readonly address: string
      readonly note: string
      readonly by: string
    }
  | { readonly ask: 'lift'; readonly victim: string; readonly by: string }

const address = z.string().min(3).max(320)
const by = z.string().min(1).max(254)
const name = z.string().max(64)

const question: z.ZodType<MailQuestion> = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('sent'), state: name, tenant: name }),
  z.strictObject({ ask: z.literal('suppressions') }),
  z.strictObject({ ask: z.literal('figures') }),
  z.strictObject({ ask: z.literal('templates') }),
  z.strictObject({ ask: z.literal('template'), name, language: name }),
  z.strictObject({ ask: z.literal('person'), address }),
  z.strictObject({ ask: z.literal('suppress'), address, note: z.string().max(NOTE_MAX), by }),
  z.strictObject({ ask: z.literal('lift'), victim: z.string().regex(/^[0-9a-f]{32}$/), by }),
])

/** @throws {FaultError} LISTEN_FAILED. */
export function serveMailDesk(desk: MailDesk, socket: string): Promise<AsyncDisposable> {
  const app = new Hono()
  app.use(bodyLimit({ maxSize: BODY_MAX }))
  app.post('/', async (context) => {
    const parsed = question.safeParse(await context.req.json().catch(() => undefined))
    if (!parsed.success) return context.json({ message: 'not understood' }, 400)
    try {
      return context.json(await answer(desk, parsed.data))
    } catch (error) {
      const status = error instanceof DeniedError ? 422 : 503
      return context.json({ message: (error as Error).message }, status)
    }
  })
  return listenOnUnix(createAdaptorServer({ fetch: app.fetch }) as Server, socket)
}

async function answer(desk: MailDesk, asked: MailQuestion): Promise<object> {
  switch (asked.ask) {
    case 'sent':
      return { sent: await desk.sent(asked.state, asked.tenant) }
    case 'suppressions':
      return { suppressions: await desk.suppressions() }
    case 'person':
      return { person: await desk.person(asked.address) }
    case 'suppress':
      return { done: await desk.add(asked.address, asked.note, asked.by) }
    case 'lift':
      return { done: await desk.lift(asked.victim, asked.by) }
    case 'templates':
      return { templates: await desk.templates() }
    case 'template':
      return { template: (await desk.template(asked.name, asked.language)) ?? null }
    case 'figures':
      return { figures: await desk.figures() }
  }
}
