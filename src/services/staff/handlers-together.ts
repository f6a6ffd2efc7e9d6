/**
 * What happens where two persons act together: access to the database, approvals, and the register
 * of outside services.
 *
 * @module
 */
import { h } from 'preact'
import { isSignedNow } from '#crypto/webhook-signature.ts'
import { VeiligError } from '#lib/errors.ts'
import { acts, type Act, type Approvals } from './approvals.ts'
import { ApprovalsPage } from './approvals.tsx'
import type { Desk } from './desk.ts'
import type { RouteName } from './doors.ts'
import { text, type Answer, type Handler, type Visit } from './guard.ts'
import { AccessPage } from './inside.tsx'
import { LinkPage } from './notice-pages.tsx'
import { Outside, serviceFrom } from './outside.ts'
import { OutsidePage } from './outside.tsx'
import { insideOf, page, sessionOf } from './page.ts'
import { may } from './policy.ts'
import type { Started } from './ports.ts'
import type { Requests } from './requests.ts'

export type TogetherRoute = Extract<
  RouteName,
  | `${'GET' | 'POST'} /${'access' | 'approvals' | 'outside'}`
  | `${string} /access/${string}`
  | `POST /${'approvals' | 'outside'}/${string}`
>

const REASON_MAX = 500
const SUBJECT_MAX = 200

export function togetherHandlers(
  desk: Desk,
  requests: Requests,
  approvals: Approvals,
): Readonly<Record<TogetherRoute, Handler>> {
  const { clock, selfApproval } = desk.ports
  const outside = new Outside(desk)

  const accessPage = async (visit: Visit, problem?: string, started?: Started): Promise<Answer> => {
    const list = await requests.list()
    const view = { requests: list, started, nowMs: clock.nowMs(), ownApproval: selfApproval }
    return page(h(AccessPage, { ...insideOf(visit), problem, ...view }), problem)
  }

  const approvalsPage = async (visit: Visit, problem?: string): Promise<Answer> => {
    const view = { approvals: await approvals.list(), nowMs: clock.nowMs(), problem }
    return page(h(ApprovalsPage, { ...insideOf(visit), ...view }), problem)
  }

  const outsidePage = async (visit: Visit, problem?: string): Promise<Answer> => {
    const view = { services: await outside.list(), nowMs: clock.nowMs(), problem }
    return page(h(OutsidePage, { ...insideOf(visit), ...view }), problem)
  }

  /** Does it, and shows the page again, with the reason when it was refused. */
  const trying = async (
    work: () => Promise<Answer>,
    again: (problem: string) => Promise<Answer>,
  ): Promise<Answer> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
      return again('publicMessage' in error ? String(error.publicMessage) : error.message)
    }
  }

  const act = (visit: Visit, work: () => Promise<Started | void>): Promise<Answer> =>
    trying(
      async () => {
        const started = await work()
        return started ? await accessPage(visit, undefined, started) : { to: '/access' }
      },
      (problem) => accessPage(visit, problem),
    )

  const decide = (visit: Visit, work: (id: string, name: string) => Promise<unknown>) =>
    trying(
      async () => {
        await work(text(visit.fields['id']), sessionOf(visit).account.name)
        return { to: '/approvals' }
      },
      (problem) => approvalsPage(visit, problem),
    )

  return {
    'GET /access': (visit) => accessPage(visit),
    'POST /access/request': (visit) =>
      act(visit, async () => {
        const { account } = sessionOf(visit)
        const wants = text(visit.fields['role']) === 'write' ? 'write' : 'read'
        const role = may(account.role, 'access.write') ? wants : 'read'
        const minutes = Math.min(60, Math.max(1, Math.trunc(Number(visit.fields['minutes']) || 30)))
        const reason = text(visit.fields['reason']).trim().slice(0, 500)
        await requests.ask(account.name, role, minutes, reason)
      }),
    'POST /access/start': (visit) =>
      act(visit, () => requests.start(text(visit.fields['id']), sessionOf(visit).account.name)),
    'POST /access/end': (visit) =>
      act(visit, () => {
        const { name, role } = sessionOf(visit).account
        return requests.end(
          text(visit.fields['id']),
          may(role, 'access.approve') ? undefined : name,
        )
      }),
    'POST /access/approve': (visit) =>
      act(visit, async () => {
        await requests.approve(text(visit.fields['id']), sessionOf(visit).account.name)
      }),
    // A visit changes nothing: scanners of mail follow links.
    'GET /access/link/:token': async ({ parameter }) => {
      const request = await requests.behindLink(parameter)
      return page(h(LinkPage, { token: parameter, request }))
    },
    'POST /access/link': async ({ fields }) => {
      const done = await requests.approveByLink(text(fields['token']))
      const outcome = done ? 'right' : 'wrong'
      return { ...page(h(LinkPage, { token: '', request: undefined, done })), outcome }
    },
    'POST /access/hook': async ({ signed, fields }) => {
      const { hookSecret } = desk.ports
      if (!hookSecret || !isSignedNow(hookSecret, signed.body, signed.signature, clock.nowMs()))
        return { json: { message: 'the signature is not right, or too old' }, status: 403 }
      const [id, approver] = [text(fields['request']), text(fields['approver'])]
      const done = await requests.approveByHook(id, approver)
      const message = done ? 'approved' : 'nothing waits for this approver under this number'
      return { json: { approved: done, message }, status: done ? 200 : 409, outcome: 'right' }
    },
    'GET /approvals': (visit) => approvalsPage(visit),
    'POST /approvals/ask': (visit) =>
      trying(
        async () => {
          const [wanted, subject, reason] = (['act', 'subject', 'reason'] as const).map((field) =>
            text(visit.fields[field]).trim(),
          )
          const known = Object.keys(acts).find((one): one is Act => one === wanted)
          if (known === undefined || !subject || !reason)
            return await approvalsPage(visit, 'Say what it is for, and why.')
          const { name } = sessionOf(visit).account
          const [what, why] = [subject.slice(0, SUBJECT_MAX), reason.slice(0, REASON_MAX)]
          await approvals.ask(name, known, what, why)
          return { to: '/approvals' }
        },
        (problem) => approvalsPage(visit, problem),
      ),
    'POST /approvals/approve': (visit) => decide(visit, (id, name) => approvals.approve(id, name)),
    'POST /approvals/withdraw': (visit) =>
      decide(visit, (id, name) => approvals.withdraw(id, name)),
    'GET /outside': (visit) => outsidePage(visit),
    'POST /outside/keep': (visit) =>
      trying(
        async () => {
          const { service, problem } = serviceFrom(visit.fields)
          if (!service) return await outsidePage(visit, problem)
          await outside.keep(service, sessionOf(visit).account.name)
          return { to: '/outside' }
        },
        (problem) => outsidePage(visit, problem),
      ),
    'POST /outside/review': (visit) => changed(visit, (id, name) => outside.review(id, name)),
    'POST /outside/remove': (visit) => changed(visit, (id, name) => outside.remove(id, name)),
  }
}

async function changed(
  visit: Visit,
  work: (id: string, name: string) => Promise<void>,
): Promise<Answer> {
  await work(text(visit.fields['id']), sessionOf(visit).account.name)
  return { to: '/outside' }
}
