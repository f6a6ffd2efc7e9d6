/**
 * The stream that a day page listens to while it is looked at: server-sent events, a number each.
 *
 * @module
 */
import type { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { open, queryOf, type Shop } from './desk.tsx'

/** A line now and then keeps whatever stands between from closing the stream. */
const HEARTBEAT_MS = 20_000
const VERSION = /^\d{1,19}$/

export function addLiveRoutes(app: Hono, { live, ...shop }: Shop): void {
  if (!live) return
  app.get(
    '/:club/day/live',
    open(shop, (c, { club }) => {
      const heard = c.req.header('last-event-id') ?? queryOf(c).text('since')
      const since = VERSION.test(heard) ? heard : '0'
      const news: string[] = []
      let wake = (): void => undefined
      const unfollow = live.follow(club.id, since, (version) => (news.push(version), wake()))
      if (!unfollow) {
        c.header('Retry-After', '60')
        return Promise.resolve(c.text('too many follow already\n', 503))
      }
      const answer = streamSSE(c, async (stream) => {
        let isOver = false
        const end = (): void => {
          isOver = true
          wake()
        }
        stream.onAbort(end)
        live.stopped.addEventListener('abort', end, { once: true })
        try {
          while (!isOver) {
            const version = news.pop()
            news.length = 0
            if (version === undefined) await stream.write(': still here\n\n')
            else await stream.writeSSE({ event: 'changed', id: version, data: '' })
            if (news.length === 0 && !isOver) {
              await new Promise<void>((resolve) => {
                const timer = setTimeout(resolve, HEARTBEAT_MS)
                wake = () => (clearTimeout(timer), resolve())
              })
            }
          }
        } finally {
          live.stopped.removeEventListener('abort', end)
          unfollow()
        }
      })
      return Promise.resolve(answer)
    }),
  )
}
