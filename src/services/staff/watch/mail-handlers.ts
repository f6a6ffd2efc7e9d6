/**
 * What happens at the addresses of the mail: what was sent, to whom nothing is, how it looks.
 *
 * @module
 */
import { h } from 'preact'
import { DeniedError, UsageError } from '#lib/errors.ts'
import type { Desk } from '../desk.ts'
import type { RouteName } from '../doors.ts'
import { text, type Answer, type Handler, type Visit } from '../guard.ts'
import { insideOf, page } from '../page.ts'
import { missing, whenAnswered, wordsOf } from './answers.ts'
import { isMailState, MailPage, NOTE_MAX } from './mail.tsx'
import { MailPersonPage } from './mail-person.tsx'
import { framedMail, isLook, TemplatePage } from './mail-template.tsx'
import type { MailFilter, TemplateView } from './ports.ts'

export type MailRoute = Extract<RouteName, `${string} /mail` | `${string} /mail/${string}`>

export function mailHandlers(desk: Desk): Readonly<Record<MailRoute, Handler>> {
  const { watch } = desk.ports

  const mail = async (visit: Visit, problem?: string): Promise<Answer> => {
    const filter = filterOf(visit)
    const view = { ...insideOf(visit), filter, mail: await watch.mail(filter), problem }
    return page(h(MailPage, view), problem)
  }

  const change = async (
    visit: Visit,
    act: string,
    work: (by: string) => Promise<void>,
  ): Promise<Answer> => {
    const { account } = insideOf(visit)
    await desk.record('STAFF_ACTED', account.name, { act })
    return orSaid(visit, async () => {
      await work(account.name)
      return { to: '/mail' }
    })
  }

  /** What was typed wrong is said where it was typed. */
  const orSaid = async (visit: Visit, work: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await work()
    } catch (error) {
      if (error instanceof DeniedError || error instanceof UsageError)
        return mail(visit, wordsOf(error))
      throw error
    }
  }

  const template = async ({ fields }: Visit): Promise<TemplateView | undefined> => {
    const [name, language] = [text(fields['name']), text(fields['language'])]
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(name) || !/^[a-z]{2}$/.test(language)) return undefined
    return watch.mailTemplate(name, language)
  }

  return {
    'GET /mail': (visit) => whenAnswered(() => mail(visit)),
    'GET /mail/template': (visit) =>
      whenAnswered(async () => {
        const shown = await template(visit)
        if (!shown) return missing('There is no such template.')
        const look = isLook(visit.fields['look']) ? visit.fields['look'] : 'light'
        return page(h(TemplatePage, { ...insideOf(visit), template: shown, look }))
      }),
    'GET /mail/template/face': (visit) =>
      whenAnswered(async () => {
        const shown = await template(visit)
        if (!shown || shown.fault !== '') return missing('There is no such template.')
        const look = isLook(visit.fields['look']) ? visit.fields['look'] : 'light'
        return { framed: framedMail(shown.html, look) }
      }),
    // Posted, so that an address stands in no log and in no list of visited pages.
    'POST /mail/person': (visit) =>
      whenAnswered(() =>
        orSaid(visit, async () => {
          const inside = insideOf(visit)
          const address = text(visit.fields['address']).trim()
          const person = await watch.mailPerson(address)
          const detail = { act: 'mail-person', person: person.victim }
          await desk.record('STAFF_ACTED', inside.account.name, detail)
          return page(h(MailPersonPage, { ...inside, address, person }))
        }),
      ),
    'POST /mail/silence': (visit) =>
      whenAnswered(() =>
        change(visit, 'mail-silence', (by) => {
          const note = text(visit.fields['note']).trim().slice(0, NOTE_MAX)
          return watch.silence(text(visit.fields['address']).trim(), note, by)
        }),
      ),
    'POST /mail/lift': (visit) =>
      whenAnswered(() =>
        change(visit, 'mail-lift', (by) => {
          const victim = text(visit.fields['victim'])
          if (!/^[0-9a-f]{32}$/.test(victim))
            throw new UsageError('MAIL_ADDRESS_INVALID', 'There is nobody of this name.')
          return watch.lift(victim, by)
        }),
      ),
  }
}

/** Of the address; what is no state, or no name of a club, filters nothing. */
function filterOf({ fields }: Visit): MailFilter {
  const [state, tenant] = [text(fields['state']), text(fields['tenant']).trim()]
  return {
    state: isMailState(state) ? state : '',
    tenant: /^[a-z0-9][a-z0-9-]{0,63}$/.test(tenant) ? tenant : '',
  }
}
