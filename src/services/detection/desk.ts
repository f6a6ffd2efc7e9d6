/**
 * The door of the alerts for our own console: list, one in full, acknowledge. On a socket that only
 * our own account may open; the console needs no way into this service's tables.
 *
 * @module
 */
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type pg from 'pg'
import { z } from 'zod'
import type { Sanction } from '#lib/sanctions.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import { acknowledge, listIncidents, type ListedIncident } from './store.ts'

const BODY_MAX = 4096
const LISTED_MAX = 200

export type AlertQuestion =
  | { readonly ask: 'list'; readonly drills: boolean }
  | { readonly ask: 'show'; readonly id: string }
  | { readonly ask: 'acknowledge'; readonly id: string; readonly by: string }

/** An alert with all that was done about it. */
export type AlertInFull = ListedIncident & {
  readonly database: string
  readonly acknowledged_at: Date | null
  readonly escalated_at: Date | null
  readonly deliveries: readonly {
    readonly channel: string
    readonly at: Date
    readonly latency_ms: number
    readonly attempts: number
  }[]
  /** What was done by itself about it. */
  readonly responses: readonly {
    readonly kind: Sanction['kind']
    readonly value: string
    readonly at: Date
    readonly until: Date
    readonly undone_at: Date | null
    readonly undone_by: string | null
  }[]
}

const question: z.ZodType<AlertQuestion> = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('list'), drills: z.boolean() }),
  z.strictObject({ ask: z.literal('show'), id: z.uuid() }),
  z.strictObject({ ask: z.literal('acknowledge'), id: z.uuid(), by: z.string().min(1).max(254) }),
])

/** @throws {FaultError} LISTEN_FAILED. */
export function serveAlertDesk(pool: pg.Pool, socket: string): Promise<AsyncDisposable> {
  const app = new Hono()
  app.use(bodyLimit({ maxSize: BODY_MAX }))
  app.post('/', async (context) => {
    const parsed = question.safeParse(await context.req.json().catch(() => undefined))
    if (!parsed.success) return context.json({ message: 'not understood' }, 400)
    try {
      return context.json((await answer(pool, parsed.data)) as object)
    } catch (error) {
      return context.json({ message: (error as Error).message }, 503)
    }
  })
  return listenOnUnix(createAdaptorServer({ fetch: app.fetch }) as Server, socket)
}

async function answer(pool: pg.Pool, asked: AlertQuestion): Promise<unknown> {
  if (asked.ask === 'list')
    return { alerts: await listIncidents(pool, { drills: asked.drills, limit: LISTED_MAX }) }
  if (asked.ask === 'show') return { alert: await inFull(pool, asked.id) }
  const client = await pool.connect()
  try {
    return { acknowledged: await acknowledge(client, asked) }
  } finally {
    client.release()
  }
}

/** Null when there is none of this id. */
export async function inFull(db: pg.Pool | pg.ClientBase, id: string): Promise<AlertInFull | null> {
  const sql = `select i.*, coalesce((select json_agg(json_build_object('channel', d.channel,
        'at', d.at, 'latency_ms', d.latency_ms, 'attempts', d.attempts) order by d.at)
      from delivery d where d.incident_id = i.id), '[]') as deliveries,
    coalesce((select json_agg(json_build_object('kind', s.kind, 'value', s.value, 'at', s.at,
        'until', s.until, 'undone_at', s.undone_at, 'undone_by', s.undone_by) order by s.at)
      from sanction s where s.incident_id = i.id), '[]') as responses,
    array(select kind || ' ' || value from sanction where incident_id = i.id
      and undone_at is null and until > now() order by kind, value) as held
    from incident i where i.id::text = $1`
  const { rows } = await db.query<AlertInFull>(sql, [id])
  return rows[0] ?? null
}
