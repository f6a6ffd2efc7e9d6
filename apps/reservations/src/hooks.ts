/**
 * Tells clubs' other programs of their bookings: signed, in order, again until it is taken.
 *
 * The form is that of Standard Webhooks 1.0 (standardwebhooks.com), for which receivers have
 * libraries: `webhook-id`, `webhook-timestamp`, and a HMAC-SHA256 over both and the body. The secret
 * of an address is computed from ours, so it is stored nowhere.
 *
 * @module
 */
import { createHmac } from 'node:crypto'
import { allClubs, clubBySlug } from './data/clubs.ts'
import { pinOf } from './data/checkins.ts'
import { raiseAlert } from './data/officers.ts'
import { endDelivery, postpone, takeDeliveries, type Delivery } from './data/webhooks.ts'
import { codeOf, inClub, type Database } from './database.ts'
import type { Club } from './model.ts'
import { OutsideError, type Post } from './outside.ts'
import { instantText } from './time.ts'

/** What changed together is told together. */
const SOON_MS = 300

export type HookPorts = {
  readonly database: Database
  readonly post: Post
  /** The secret of the installation. */
  readonly secret: string
  readonly nowMs: () => number
  readonly report: (line: object) => void
}

export type Hooks = AsyncDisposable & {
  /** Something may have changed in the club of this address: what there is to tell goes out soon. */
  readonly soon: (slug: string) => void
  /** One round over all clubs: what could not be told before. */
  readonly all: () => Promise<void>
}

/** What a receiver needs to check that a message is ours: `whsec_` and base64. */
export function hookSecret(secret: string, webhookId: string): string {
  return `whsec_${hookKey(secret, webhookId).toString('base64')}`
}

function hookKey(secret: string, webhookId: string): Buffer {
  return createHmac('sha256', secret).update(`webhook ${webhookId}`).digest()
}

export function openHooks(ports: HookPorts): Hooks {
  const timers = new Map<string, NodeJS.Timeout>()
  const working = new Set<Promise<void>>()
  const work = (round: Promise<void>): Promise<void> => {
    const done = round
      .catch((error: unknown) => ports.report({ webhooks: 'failed', code: codeOf(error) }))
      .finally(() => working.delete(done))
    working.add(done)
    return done
  }
  return {
    soon: (slug) => {
      if (timers.has(slug)) return
      const begin = async (): Promise<void> => {
        timers.delete(slug)
        const club = await clubBySlug(ports.database, slug)
        if (club) await tell(ports, club)
      }
      timers.set(
        slug,
        setTimeout(() => void work(begin()), SOON_MS),
      )
    },
    all: () =>
      work(
        (async () => {
          for (const club of await allClubs(ports.database)) await tell(ports, club)
        })(),
      ),
    [Symbol.asyncDispose]: async () => {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      await Promise.all(working)
    },
  }
}

/** All that is due for a club; of one booking the next only when the last was taken. */
async function tell(ports: HookPorts, club: Club): Promise<void> {
  for (;;) {
    const due = await inClub(ports.database, club.id, (tx) => takeDeliveries(tx, club.id))
    if (due.length === 0) return
    const taken = await Promise.all(due.map((one) => deliver(ports, club, one)))
    if (!taken.includes(true)) return
  }
}

/** @returns Whether it was taken. */
async function deliver(ports: HookPorts, club: Club, one: Delivery): Promise<boolean> {
  const { database, post, secret, nowMs } = ports
  const id = `${one.webhookId}-${one.id}`
  const seconds = Math.floor(nowMs() / 1000)
  const body = messageOf(club, secret, one)
  const mac = createHmac('sha256', hookKey(secret, one.webhookId))
    .update(`${id}.${seconds}.${body}`)
    .digest('base64')
  try {
    await post(one.url, body, {
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${mac}`,
    })
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error
    await inClub(database, club.id, async (tx) => {
      const isOver = await postpone(tx, club.id, one, error.code)
      if (isOver) await raiseAlert(tx, club.id, 'webhook', undefined, 1)
    })
    return false
  }
  await inClub(database, club.id, (tx) => endDelivery(tx, club.id, one))
  return true
}

/** Who plays is nobody's business; a code opens a door, so it is only told while it may. */
function messageOf(club: Club, secret: string, { kind, body, bookingId, atMs }: Delivery): string {
  const opens = kind === 'booking.created' || kind === 'booking.moved'
  const pin =
    club.doorMinutes > 0 && opens && body['kind'] !== 'closure' && bookingId !== undefined
      ? { pin: pinOf(secret, bookingId), doorMinutes: club.doorMinutes }
      : {}
  const data = { club: club.slug, ...body, ...pin }
  return JSON.stringify({ type: kind, timestamp: instantText(atMs), data })
}
