/**
 * Members' data in officers' hands: proof first, counted, and never in silence.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { MissingError } from '../data/errors.ts'
import { subscriptionsOf } from '../data/clubs.ts'
import { applyImport, digestOf, keepImport, planImport } from '../data/imports.ts'
import { FamilyError, setGuardian } from '../data/families.ts'
import { allMembers, findMembers, staffOf } from '../data/members.ts'
import { cutSessions, mayExport, officersOf, proveSession } from '../data/officers.ts'
import { raiseAlert, seeAlerts } from '../data/officers.ts'
import { isPassword } from '../data/sessions.ts'
import { balancesOf } from '../data/tickets.ts'
import { csvCell, tableOf, textOf } from '../import.ts'
import { soonInvite } from '../invitations.ts'
import type { Member } from '../model.ts'
import { ImportPage, ImportPreviewPage, MembersPage, ProvePage } from '../pages/members.tsx'
import { whenWords } from '../pages/layout.tsx'
import { sayIn } from '../words/say.ts'
import type { WordKey } from '../words/table.ts'
import { answer, behindTheDesk, FormError, formOf, idOf, isId, localPath } from './desk.tsx'
import { proved, queryOf, type Shop } from './desk.tsx'
import { inVisit, type Visit } from './visit.ts'

const SHOWN_MAX = 25
const QUERY_MAX = 60

export function addOfficerRoutes(app: Hono, shop: Shop): void {
  app.get(
    '/:club/office/prove',
    behindTheDesk(shop, 'desk', (c, visit) => {
      const to = localPath(queryOf(c).text('to'), `/${visit.club.slug}/office`)
      return Promise.resolve(answer(c, <ProvePage {...{ visit, to }} />))
    }),
  )
  app.post(
    '/:club/office/prove',
    behindTheDesk(shop, 'desk', async (c, visit, member) => {
      const fields = await formOf(c)
      const { club, nowMs, officer } = visit
      const to = localPath(fields.text('to'), `/${club.slug}/office`)
      const password = fields.text('password')
      if (password.length > 256) throw new FormError('password')
      const found = await isPassword(shop.database, club.id, member, password, nowMs)
      if (found !== 'right' || !officer) {
        const problem = found === 'wait' ? 'login.wait' : 'prove.wrong'
        const status = found === 'wait' ? 429 : 401
        return answer(c, <ProvePage {...{ visit, to, problem }} />, status)
      }
      await inVisit(shop.database, visit, (tx) => proveSession(tx, club.id, officer.token, nowMs))
      return c.redirect(to, 303)
    }),
  )
  app.post(
    '/:club/office/alerts/read',
    behindTheDesk(shop, 'members', async (c, visit, member) => {
      await inVisit(shop.database, visit, (tx) => seeAlerts(tx, visit.club.id, member.id))
      return c.redirect(`/${visit.club.slug}/office`, 303)
    }),
  )
  app.post(
    '/:club/office/cut',
    behindTheDesk(shop, 'staff', async (c, visit) => {
      const id = (await formOf(c)).text('member')
      if (!isId(id)) throw new FormError('member')
      const cut = await inVisit(shop.database, visit, async (tx) => {
        const staff = await staffOf(tx, visit.club.id)
        if (!staff.some((one) => one.id === id)) throw new MissingError('not of the staff')
        return await cutSessions(tx, visit.club.id, id)
      })
      return c.redirect(`/${visit.club.slug}/office?cut=${cut}`, 303)
    }),
  )
  addMemberList(app, shop)
  addImport(app, shop)
}

function addMemberList(app: Hono, shop: Shop): void {
  const show = async (c: Context, visit: Visit, problem?: WordKey): Promise<Response> => {
    const query = queryOf(c)
    const wanted = query.text('q').trim().slice(0, QUERY_MAX)
    const view = await inVisit(shop.database, visit, async (tx) => {
      const found = await findMembers(tx, visit.club.id, wanted, SHOWN_MAX)
      const ids = found.members.map(({ id }) => id)
      const balances = await balancesOf(tx, visit.club.id, ids)
      const subscriptions = await subscriptionsOf(tx, visit.club.id)
      return { visit, query: wanted, ...found, balances, subscriptions }
    })
    const count = (name: string): number => Number(/^\d{1,5}$/.exec(query.text(name))?.[0] ?? 0)
    const imported =
      query.text('added') === '' ? undefined : { added: count('added'), changed: count('changed') }
    const tooFew = query.text('few') === '1' ? 'tickets.tooFew' : undefined
    const page = <MembersPage {...{ ...view, imported, problem: problem ?? tooFew }} />
    return answer(c, page, problem === undefined ? 200 : problem.startsWith('family.') ? 409 : 429)
  }
  app.get(
    '/:club/office/members',
    proved(shop, 'members', (c, visit) => show(c, visit)),
  )
  app.post(
    '/:club/office/members/:id/guardian',
    proved(shop, 'members', async (c, visit, member) => {
      const { club, nowMs } = visit
      const email = (await formOf(c)).text('email').trim().toLowerCase().slice(0, 254)
      const id = idOf(c, 'id')
      try {
        await inVisit(shop.database, visit, (tx) => setGuardian(tx, club, member, id, email, nowMs))
        return c.redirect(`/${club.slug}/office/members?done=saved`, 303)
      } catch (error) {
        if (error instanceof FamilyError) return await show(c, visit, error.word)
        throw error
      }
    }),
  )
  app.post(
    '/:club/office/members/export',
    proved(shop, 'members', async (c, visit, member) => {
      const { club } = visit
      const list = await inVisit(shop.database, visit, async (tx) => {
        if (!(await mayExport(tx, club))) return undefined
        const members = await allMembers(tx, club.id)
        const subscriptions = await subscriptionsOf(tx, club.id)
        await raiseAlert(tx, club.id, 'export', member.id, members.length)
        const officers = await officersOf(tx, club.id)
        return { members, subscriptions, others: officers.filter(({ id }) => id !== member.id) }
      })
      if (!list) return await show(c, visit, 'members.exportLimit')
      for (const officer of list.others) tell(shop, visit, member, officer, list.members.length)
      const rows = list.members.map((one) => [
        one.firstName,
        one.lastName,
        one.email,
        String(one.birthYear),
        list.subscriptions.find(({ id }) => id === one.subscriptionId)?.name ?? '',
        one.licence,
        one.guardian?.email ?? '',
      ])
      const heading = [
        'first name',
        'last name',
        'e-mail',
        'birth year',
        'subscription',
        'licence',
        'parent',
      ]
      const text = [heading, ...rows].map((row) => row.map(csvCell).join(';')).join('\r\n')
      return c.body(`\ufeff${text}\r\n`, 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': `attachment; filename="${club.slug}-members.csv"`,
      })
    }),
  )
}

/** The other officer reads of it in the mail as well as on every page. */
function tell(shop: Shop, visit: Visit, by: Member, to: Member, count: number): void {
  const { club, nowMs } = visit
  const language = to.language ?? club.language
  const say = sayIn(language)
  const when = whenWords(club.zone, nowMs, language)
  const sentence = say('alert.export', { by: `${by.firstName} ${by.lastName}`, count, when })
  const url = `${shop.publicOrigin}/${club.slug}/office`
  const subject = say('alerts.title')
  shop.write?.({
    club,
    member: to,
    language,
    subject,
    text: `${sentence}\n\n${url}`,
    kind: 'safety',
  })
}

function addImport(app: Hono, shop: Shop): void {
  app.get(
    '/:club/office/import',
    proved(shop, 'members', (c, visit) => {
      const problem = queryOf(c).text('problem') === 'moved' ? 'import.moved' : undefined
      return Promise.resolve(answer(c, <ImportPage {...{ visit, problem }} />))
    }),
  )
  app.post(
    '/:club/office/import',
    proved(shop, 'members', async (c, visit, member) => {
      const { file } = await c.req.parseBody()
      if (!(file instanceof File)) throw new FormError('file')
      const text = textOf(new Uint8Array(await file.arrayBuffer()))
      const table = tableOf(text)
      if (typeof table === 'string') {
        return answer(c, <ImportPage visit={visit} problem={table} />, 422)
      }
      const id = await inVisit(shop.database, visit, (tx) =>
        keepImport(tx, visit.club, member, text),
      )
      return c.redirect(`/${visit.club.slug}/office/import/${id}`, 303)
    }),
  )
  app.get(
    '/:club/office/import/:import',
    proved(shop, 'members', async (c, visit, member) => {
      const id = idOf(c, 'import')
      const lines = await inVisit(shop.database, visit, (tx) =>
        planImport(tx, visit.club, member, id, visit.nowMs),
      )
      if (typeof lines === 'string') return answer(c, <ImportPage visit={visit} problem={lines} />)
      return answer(c, <ImportPreviewPage {...{ visit, id, lines, digest: digestOf(lines) }} />)
    }),
  )
  app.post(
    '/:club/office/import/:import',
    proved(shop, 'members', async (c, visit, member) => {
      const id = idOf(c, 'import')
      const digest = (await formOf(c)).text('digest')
      const { club, nowMs } = visit
      const done = await inVisit(shop.database, visit, async (tx) => {
        await planImport(tx, club, member, id, nowMs) // another officer's file is nobody's here
        return await applyImport(tx, club, member, id, digest, nowMs)
      })
      if (!done) return c.redirect(`/${club.slug}/office/import?problem=moved`, 303)
      soonInvite(shop, club)
      const { added, changed } = done
      return c.redirect(`/${club.slug}/office/members?added=${added}&changed=${changed}`, 303)
    }),
  )
}
