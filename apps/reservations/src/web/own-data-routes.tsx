/**
 * A member's own data: taking them along, and leaving.
 *
 * @module
 */
import type { Hono } from 'hono'
import { leave, ownData } from '../data/own-data.ts'
import { isPassword } from '../data/sessions.ts'
import { noteErasure } from '../erasures.ts'
import { GonePage, LeavePage } from '../pages/leave.tsx'
import { answer, FormError, formOf, inside, type Shop } from './desk.tsx'
import { clearSession, inVisit } from './visit.ts'

export function addOwnDataRoutes(app: Hono, shop: Shop): void {
  app.get(
    '/:club/me/data.json',
    inside(shop, async (c, visit, member) => {
      const data = await inVisit(shop.database, visit, (tx) => ownData(tx, visit.club, member))
      return c.body(`${JSON.stringify(data, null, 2)}\n`, 200, {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Disposition': `attachment; filename="${visit.club.slug}-my-data.json"`,
      })
    }),
  )
  app.get(
    '/:club/me/leave',
    inside(shop, (c, visit) => Promise.resolve(answer(c, <LeavePage visit={visit} />))),
  )
  app.post(
    '/:club/me/leave',
    inside(shop, async (c, visit, member) => {
      const password = (await formOf(c)).text('password')
      if (password.length > 256) throw new FormError('password')
      const { club, nowMs } = visit
      if (member.role === 'secretary') {
        return answer(c, <LeavePage visit={visit} problem="leave.officer" />, 409)
      }
      const found = await isPassword(shop.database, club.id, member, password, nowMs)
      if (found !== 'right') {
        const problem = found === 'wait' ? 'login.wait' : 'prove.wrong'
        return answer(c, <LeavePage {...{ visit, problem }} />, found === 'wait' ? 429 : 401)
      }
      // What the payment service remembers goes first: later nobody knows whose it was.
      if (!(await waysForgotten(shop, club.slug, member.id))) {
        return answer(c, <LeavePage {...{ visit, problem: 'payer.away' }} />, 503)
      }
      const at = new Date(nowMs).toISOString()
      if (shop.erasureList !== undefined) {
        await noteErasure(shop.erasureList, { clubId: club.id, memberId: member.id, at })
      }
      await inVisit(shop.database, visit, (tx) => leave(tx, club, member, nowMs))
      clearSession(c)
      const stranger = { ...visit, member: undefined, notices: [], officer: undefined }
      return answer(c, <GonePage visit={stranger} receipt={`${member.id} · ${at}`} />)
    }),
  )
}

/** @returns Whether it is done; not when payments are away. */
async function waysForgotten({ payments }: Shop, club: string, memberId: string): Promise<boolean> {
  if (!payments) return true
  try {
    for (const { id } of await payments.ways(club, memberId)) await payments.forget(id)
    return true
  } catch {
    return false
  }
}
