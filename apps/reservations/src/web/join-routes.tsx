/**
 * A new member comes in by the link of the invitation, and sets a password.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { MissingError } from '../data/errors.ts'
import { invited, join } from '../data/invitations.ts'
import { hashPassword, openSession } from '../data/sessions.ts'
import { JoinPage } from '../pages/members.tsx'
import { answer, FormError, formOf, open, type Shop } from './desk.tsx'
import { inVisit, setSession, type Visit } from './visit.ts'

const PASSWORD_MIN = 10
const PASSWORD_MAX = 256

export function addJoinRoutes(app: Hono, shop: Shop): void {
  const memberOf = (visit: Visit, token: string): ReturnType<typeof invited> =>
    inVisit(shop.database, visit, (tx) => invited(tx, visit.club.id, token, visit.nowMs))
  app.get(
    '/:club/join/:token',
    open(shop, async (c, visit) => {
      const token = tokenOf(c)
      const member = await memberOf(visit, token)
      return answer(c, <JoinPage {...{ visit, token, member }} />, member ? 200 : 410)
    }),
  )
  app.post(
    '/:club/join/:token',
    open(shop, async (c, visit) => {
      const token = tokenOf(c)
      const member = await memberOf(visit, token)
      if (!member) return answer(c, <JoinPage {...{ visit, token, member }} />, 410)
      const password = (await formOf(c)).text('password')
      if (password.length > PASSWORD_MAX) throw new FormError('password')
      if (password.length < PASSWORD_MIN) {
        return answer(c, <JoinPage {...{ visit, token, member }} problem="join.short" />, 422)
      }
      const { club, nowMs } = visit
      const hash = await hashPassword(password)
      const session = await inVisit(shop.database, visit, async (tx) => {
        const joined = await join(tx, club.id, token, hash, nowMs)
        return joined && (await openSession(tx, club.id, joined.id, nowMs))
      })
      if (!session) return answer(c, <JoinPage {...{ visit, token, member: undefined }} />, 410)
      setSession(c, session)
      return c.redirect(`/${club.slug}/day`, 303)
    }),
  )
}

function tokenOf(c: Context): string {
  const token = c.req.param('token') ?? ''
  if (!/^[\w-]{43}$/.test(token)) throw new MissingError('not a token')
  return token
}
