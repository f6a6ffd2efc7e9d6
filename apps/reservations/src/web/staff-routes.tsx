/**
 * The secretary says who runs the club.
 *
 * @module
 */
import type { Context } from 'hono'
import { staffOf } from '../data/members.ts'
import { giveRole, roles } from '../data/staff.ts'
import { StaffPage, type StaffView } from '../pages/staff.tsx'
import { answer, FormError, formOf, proved, type App, type Shop } from './desk.tsx'
import { inVisit, type Visit } from './visit.ts'

export function addStaffRoutes(app: App, shop: Shop): void {
  const show = async (
    c: Context,
    visit: Visit,
    tried: Pick<StaffView, 'email' | 'problem'> = {},
  ): Promise<Response> => {
    const staff = await inVisit(shop.database, visit, (tx) => staffOf(tx, visit.club.id))
    const status = tried.problem === undefined ? 200 : 409
    return answer(c, <StaffPage {...{ visit, staff, ...tried }} />, status)
  }
  app.get(
    '/:club/office/staff',
    proved(shop, 'staff', (c, visit) => show(c, visit)),
  )
  app.post(
    '/:club/office/staff',
    proved(shop, 'staff', async (c, visit, member) => {
      const fields = await formOf(c)
      const email = fields.text('email').trim().toLowerCase()
      const role = roles.find((one) => one === fields.text('role'))
      if (!role || email.length > 254) throw new FormError('role')
      const problem = await inVisit(shop.database, visit, (tx) =>
        giveRole(tx, visit.club, member, email, role),
      )
      if (problem) return await show(c, visit, { email, problem })
      return c.redirect(`/${visit.club.slug}/office/staff?done=saved`, 303)
    }),
  )
}
