/**
 * What the console shows of the ring at work: asked of the services over their sockets, and of the
 * audit books. The console has no way into another service's tables.
 *
 * @module
 */
import { searchBooks } from '#audit/search.ts'
import type { AlertInFull as Full } from '#services/detection/desk.ts'
import { askAlerts } from '#services/detection/desk-client.ts'
import type { ListedIncident } from '#services/detection/store.ts'
import { askMail } from '#services/mail-gateway/desk/client.ts'
import type { Figures, SentLine } from '#services/mail-gateway/desk/questions.ts'
import type { PersonView } from '#services/mail-gateway/person.ts'
import type { TemplateFace, TemplatePage } from '#services/mail-gateway/templates/book.ts'
import type { SuppressionLine } from '#services/mail-gateway/suppression.ts'
import type { AlertInFull, AlertLine, Text, WatchPorts } from '#services/staff/watch/ports.ts'
import type { Breach } from '#services/status/breach/register.ts'
import { askStatus } from '#services/status/control/client.ts'
import type { UpdateKind } from '#services/status/incidents/incident.ts'
import { askPage } from '../commands/status.ts'
import type { Context } from '../context.ts'
import { settingsOf } from '../settings.ts'
import { ALERT_DESK } from './detection-names.ts'
import { MAIL_DESK } from './mail-names.ts'
import { STATUS_CONTROL } from './status-names.ts'

const SEARCH_TIMEOUT_MS = 20_000
const FOUND_MAX = 200

export function watchOf(context: Context): WatchPorts {
  const { paths } = context
  const desk = paths.socket(ALERT_DESK)
  const control = paths.socket(STATUS_CONTROL)
  const mail = paths.socket(MAIL_DESK)
  return {
    alerts: async () => {
      const { alerts } = await askAlerts<{ alerts: Sent<ListedIncident>[] }>(desk, {
        ask: 'list',
        drills: false,
      })
      return alerts.map(lineOf)
    },
    alert: async (id) => {
      const { alert } = await askAlerts<{ alert: Sent<Full> | null }>(desk, { ask: 'show', id })
      return alert ? fullOf(alert) : undefined
    },
    acknowledge: async (id, by) => {
      const question = { ask: 'acknowledge', id, by } as const
      return (await askAlerts<{ acknowledged: number }>(desk, question)).acknowledged > 0
    },
    incidents: async () => {
      const { incidents } = await askPage(context)
      return incidents.map(({ opened, resolved, title, updates, ...rest }) => ({
        ...rest,
        title: anyOf(title),
        openedMs: Date.parse(opened),
        resolvedMs: resolved === undefined ? undefined : Date.parse(resolved),
        updates: updates.map(({ at, kind, text }) => ({
          atMs: Date.parse(at),
          kind,
          text: anyOf(text),
        })),
      }))
    },
    breaches: async () => {
      const { breaches } = (await askStatus(control, { ask: 'breaches' })) as { breaches: Breach[] }
      return breaches.map(({ id, detail, closedMs, duties }) => ({
        id,
        nature: detail.nature,
        awareMs: detail.awareMs,
        closed: closedMs !== undefined,
        duties: duties.map(({ recipient, dueMs, doneMs }) => ({ recipient, dueMs, doneMs })),
      }))
    },
    openIncident: async (title, text, components) => {
      await askStatus(control, { ask: 'incident-open', title, text, components })
    },
    updateIncident: async (id, kind, text) => {
      const update = { ask: 'incident-update', id, kind: kind as UpdateKind, text } as const
      await askStatus(control, update)
    },
    monitors: async () => {
      const { components } = await askPage(context)
      return components.map(({ id, name, state, since, answeredInMs, reason, availability }) => ({
        id,
        name: name.en,
        state,
        sinceMs: Date.parse(since),
        tookMs: answeredInMs,
        reason,
        availability,
      }))
    },
    search: async (question) => {
      const signal = AbortSignal.timeout(SEARCH_TIMEOUT_MS)
      const bounds = { folder: paths.audit, rowsMax: FOUND_MAX, signal }
      const { hits, more, warnings } = await searchBooks({ ...question, ...bounds })
      return { rows: hits, more, warnings }
    },
    settings: () => settingsOf(context.configFile),
    mail: async (filter) => {
      const [{ figures }, { sent }, { suppressions }, { templates }] = await Promise.all([
        askMail<{ figures: Figures }>(mail, { ask: 'figures' }),
        askMail<{ sent: SentLine[] }>(mail, { ask: 'sent', ...filter }),
        askMail<{ suppressions: SuppressionLine[] }>(mail, { ask: 'suppressions' }),
        askMail<{ templates: TemplateFace[] }>(mail, { ask: 'templates' }),
      ])
      const { days, sources, tls, queued } = figures
      return { days, sources, tls, queued, sent, suppressions, templates }
    },
    mailTemplate: async (name, language) => {
      const question = { ask: 'template', name, language } as const
      const { template } = await askMail<{ template: TemplatePage | null }>(mail, question)
      return template ?? undefined
    },
    mailPerson: async (address) => {
      type Found = { person: PersonView & { readonly victim: string } }
      return (await askMail<Found>(mail, { ask: 'person', address })).person
    },
    silence: async (address, note, by) => {
      await askMail(mail, { ask: 'suppress', address, note, by })
    },
    lift: async (victim, by) => {
      await askMail(mail, { ask: 'lift', victim, by })
    },
  }
}

/** As it came over the socket: times are texts. */
type Sent<T> = { readonly [K in keyof T]: T[K] extends Date ? string : SentDate<T[K]> }
type SentDate<T> = T extends Date | null ? string | null : T

function lineOf(alert: Sent<ListedIncident>): AlertLine {
  const { id, severity, detector, sentence, role, address, alerts } = alert
  return {
    id,
    severity,
    detector,
    sentence,
    role,
    address,
    alerts,
    firstMs: Date.parse(alert.first_at),
    lastMs: Date.parse(alert.last_at),
    acknowledgedBy: alert.acknowledged_by ?? undefined,
  }
}

function fullOf(alert: Sent<Full>): AlertInFull {
  const { database, advice, drill, acknowledged_at: taken, escalated_at: escalated } = alert
  return {
    ...lineOf(alert),
    database,
    advice,
    drill,
    acknowledgedMs: taken === null ? undefined : Date.parse(taken),
    escalatedMs: escalated === null ? undefined : Date.parse(escalated),
    deliveries: alert.deliveries.map(({ channel, at, latency_ms: latencyMs, attempts }) => ({
      channel,
      latencyMs,
      attempts,
      atMs: Date.parse(String(at)),
    })),
    responses: alert.responses.map(
      ({ kind, value, at, until, undone_at: undone, undone_by: by }) => ({
        kind,
        value,
        atMs: Date.parse(String(at)),
        untilMs: Date.parse(String(until)),
        undoneMs: undone === null ? undefined : Date.parse(String(undone)),
        undoneBy: by ?? undefined,
      }),
    ),
  }
}

function anyOf(text: Text): string {
  return text.en ?? text.nl ?? text.fr ?? ''
}
