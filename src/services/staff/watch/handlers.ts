/**
 * What happens at the addresses of the watch: alerts, incidents, audit trail, claims, monitors.
 *
 * @module
 */
import { h } from 'preact'
import { UsageError, VeiligError } from '#lib/errors.ts'
import { languages } from '#lib/claims/claim.ts'
import type { Desk } from '../desk.ts'
import { text, type Answer, type Handler, type Visit } from '../guard.ts'
import { insideOf, page } from '../page.ts'
import type { RouteName } from '../doors.ts'
import { may } from '../policy.ts'
import { AlertPage, AlertsPage } from './alerts.tsx'
import { missing, whenAnswered, wordsOf } from './answers.ts'
import { AuditPage, questionFrom } from './audit.tsx'
import { IncidentsPage, incidentStates } from './incidents.tsx'
import { mailHandlers, type MailRoute } from './mail-handlers.ts'
import { PulseRoom, pulseOf, type Pulse } from './pulse.ts'
import { ClaimsPage, MonitorsPage, SettingsPage } from './state.tsx'
import type { Text } from './ports.ts'

export type WatchRoute =
  | Extract<
      RouteName,
      | 'GET /alerts'
      | 'GET /alerts/:id'
      | 'POST /alerts/acknowledge'
      | 'GET /incidents'
      | 'POST /incidents/open'
      | 'POST /incidents/update'
      | 'GET /audit'
      | 'GET /claims'
      | 'GET /monitors'
      | 'GET /settings'
      | 'GET /live'
    >
  | MailRoute

export function watchHandlers(desk: Desk): Readonly<Record<WatchRoute, Handler>> {
  const { watch, overview, clock } = desk.ports
  const room = new PulseRoom(clock, () => pulse(desk))
  let searching = false

  const incidents = async (visit: Visit, problem?: string): Promise<Answer> => {
    const inside = insideOf(visit)
    const seesBreaches = may(inside.account.role, 'breaches.see')
    const [lines, breaches, monitors] = await Promise.all([
      watch.incidents(),
      seesBreaches ? watch.breaches() : undefined,
      watch.monitors(),
    ])
    const components = monitors.map(({ id }) => id)
    const view = { incidents: lines, breaches, components, nowMs: clock.nowMs() }
    return page(h(IncidentsPage, { ...inside, ...view, problem }), problem)
  }

  const publish = async (visit: Visit, act: string, work: () => Promise<void>): Promise<Answer> => {
    const { account } = insideOf(visit)
    await desk.record('STAFF_ACTED', account.name, { act })
    try {
      await work()
    } catch (error) {
      if (error instanceof VeiligError) return incidents(visit, wordsOf(error))
      throw error
    }
    return { to: '/incidents' }
  }

  return {
    'GET /alerts': (visit) =>
      whenAnswered(async () => {
        const view = { alerts: await watch.alerts(), nowMs: clock.nowMs() }
        return page(h(AlertsPage, { ...insideOf(visit), ...view }))
      }),
    'GET /alerts/:id': (visit) =>
      whenAnswered(async () => {
        const known = isId(visit.parameter) ? await watch.alert(visit.parameter) : undefined
        if (!known) return missing('There is no such alert, or it was a drill of long ago.')
        return page(h(AlertPage, { ...insideOf(visit), alert: known, nowMs: clock.nowMs() }))
      }),
    'POST /alerts/acknowledge': (visit) =>
      whenAnswered(async () => {
        const id = text(visit.fields['id'])
        const { account } = insideOf(visit)
        if (!isId(id)) return missing('There is no such alert.')
        await desk.record('STAFF_ACTED', account.name, { act: 'alert-acknowledge', alert: id })
        await watch.acknowledge(id, account.name)
        return { to: `/alerts/${id}` }
      }),
    'GET /incidents': (visit) => whenAnswered(() => incidents(visit)),
    'POST /incidents/open': (visit) =>
      whenAnswered(() =>
        publish(visit, 'incident-open', () => {
          const component = text(visit.fields['component'])
          const parts = component === '' ? [] : [component]
          return watch.openIncident(written(visit, 'title'), written(visit, 'text'), parts)
        }),
      ),
    'POST /incidents/update': (visit) =>
      whenAnswered(() =>
        publish(visit, 'incident-update', () => {
          const id = Number(text(visit.fields['id']))
          const kind = incidentStates.find((one) => one === visit.fields['kind'])
          if (!kind || !Number.isSafeInteger(id) || id < 1)
            throw new UsageError('INCIDENT_INVALID', 'There is no such incident.')
          return watch.updateIncident(id, kind, written(visit, 'text'))
        }),
      ),
    'GET /audit': async (visit) => {
      const { question, problem } = questionFrom(visit.fields, clock.nowMs())
      const asked = Object.keys(visit.fields).length > 0
      const show = (more: string | undefined, answer?: Awaited<ReturnType<typeof watch.search>>) =>
        page(h(AuditPage, { ...insideOf(visit), question, answer, problem: more }), more)
      if (problem !== undefined || !asked) return show(problem)
      // The books are read whole for each search: one at a time is what a small machine bears.
      if (searching) return show('Somebody searches just now. Please try again in a moment.')
      const { account } = insideOf(visit)
      const sought = Object.entries(question).filter(([, value]) => value !== '')
      const names = sought.map(([name]) => name).join(' ')
      await desk.record('STAFF_ACTED', account.name, { act: 'audit-search', by: names })
      searching = true
      try {
        return show(undefined, await watch.search(question))
      } catch (error) {
        return show(wordsOf(error))
      } finally {
        searching = false
      }
    },
    'GET /claims': async (visit) => {
      const { claims } = await overview()
      return page(h(ClaimsPage, { ...insideOf(visit), claims }))
    },
    'GET /monitors': (visit) =>
      whenAnswered(async () => {
        const view = { monitors: await watch.monitors(), nowMs: clock.nowMs() }
        return page(h(MonitorsPage, { ...insideOf(visit), ...view }))
      }),
    'GET /settings': (visit) =>
      whenAnswered(async () =>
        page(h(SettingsPage, { ...insideOf(visit), settings: await watch.settings() })),
      ),
    ...mailHandlers(desk),
    'GET /live': async () => {
      await Promise.resolve()
      const events = room.stream()
      return events ? { events } : { status: 503, json: { message: 'Too many pages are open.' } }
    },
  }
}

/** A part that is away counts as a change of its own, and hides no other. */
async function pulse(desk: Desk): Promise<Pulse> {
  const { watch, overview } = desk.ports
  const [alerts, incidents, monitors, seen] = await Promise.all([
    watch.alerts().catch(() => undefined),
    watch.incidents().catch(() => undefined),
    watch.monitors().catch(() => undefined),
    overview().catch(() => undefined),
  ])
  const waiting = alerts?.filter(({ acknowledgedBy }) => acknowledgedBy === undefined).length ?? 0
  const states = monitors?.map(({ id, state }) => [id, state])
  const claims = seen?.claims.map(({ id, state }) => [id, state])
  const processes = seen?.processes.map(({ name, state, restarts }) => [name, state, restarts])
  return pulseOf(waiting, alerts, incidents, states, claims, processes)
}

function written(visit: Visit, field: string): Text {
  const language = languages.find((one) => one === visit.fields['language']) ?? 'en'
  const words = text(visit.fields[field]).trim()
  if (words === '') throw new UsageError('INCIDENT_INVALID', 'Nothing was written.')
  return { [language]: words }
}

function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}
