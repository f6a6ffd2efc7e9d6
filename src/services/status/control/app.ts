/**
 * The door for our own commands: incidents, maintenance, the register of breaches. On a socket that
 * only our own account may open; everything done here stands in the audit trail.
 *
 * @module
 */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { DeniedError, VeiligError } from '#lib/errors.ts'
import type { AuditEvent } from '#audit/trail.ts'
import type { BreachDetail, BreachRegister } from '../breach/register.ts'
import { noticeOf } from '../breach/notice.ts'
import type { StatusConfig } from '../config.ts'
import type { Keeper } from '../keeper.ts'
import type { StatusPorts } from '../ports.ts'
import type { StatusStore } from '../store.ts'
import { controlRequest, type BreachInput, type ControlRequest } from './messages.ts'

const BODY_MAX = 1024 * 1024

export type ControlParts = {
  readonly config: StatusConfig
  readonly ports: StatusPorts
  readonly store: StatusStore
  readonly register: BreachRegister
  readonly keeper: Keeper
}

export function controlApp(parts: ControlParts): Hono {
  const app = new Hono()
  app.use(bodyLimit({ maxSize: BODY_MAX }))
  app.post('/', async (context) => {
    const parsed = controlRequest.safeParse(await context.req.json().catch(() => undefined))
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      const message = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`
      return context.json({ code: 'INCIDENT_INVALID', message }, 400)
    }
    try {
      const answer = await act(parsed.data, parts)
      parts.keeper.forget()
      return context.json(answer as object)
    } catch (error) {
      if (error instanceof DeniedError)
        return context.json({ code: error.code, message: error.publicMessage }, 400)
      const code = error instanceof VeiligError ? error.code : 'CONTROL_DATABASE_AWAY'
      return context.json({ code, message: (error as Error).message }, 503)
    }
  })
  return app
}

async function act(request: ControlRequest, parts: ControlParts): Promise<unknown> {
  const { store, register, ports, config } = parts
  const nowMs = ports.clock.nowMs()
  const record = async (event: AuditEvent): Promise<void> => ports.trail.append([event])
  switch (request.ask) {
    case 'incident-open': {
      const { title, text, components } = request
      checkComponents(components, ports)
      const id = await store.openIncident('staff', components, title, text, nowMs)
      const detail = { incident: id, components: components.join(' '), origin: 'staff' }
      await record({ code: 'INCIDENT_OPENED', detail })
      return { incident: id }
    }
    case 'incident-update': {
      const { id, kind, text } = request
      if (!(await store.updateIncident(id, kind, text, nowMs))) throw unknownIncident(id)
      const detail = { incident: id, kind, origin: 'staff' }
      await record({
        code: kind === 'resolved' ? 'INCIDENT_RESOLVED' : 'INCIDENT_UPDATED',
        detail,
      })
      return { incident: id }
    }
    case 'maintenance': {
      const { title, fromMs, untilMs } = request
      if (untilMs <= fromMs || untilMs <= nowMs)
        throw refused('INCIDENT_INVALID', 'maintenance ends after it begins, and not in the past')
      const id = await store.plan(title, fromMs, untilMs, nowMs)
      const detail = { maintenance: id, from: iso(fromMs), until: iso(untilMs) }
      await record({ code: 'INCIDENT_PLANNED', detail })
      return { maintenance: id }
    }
    case 'breach-record': {
      const detail = withPolicy(request.detail, config)
      checkTimes(detail, nowMs)
      const id = `breach-${iso(nowMs).slice(0, 10)}-${(await register.all()).length + 1}`
      await register.record(id, detail, nowMs)
      return register.find(id)
    }
    case 'breach-correct': {
      const before = (await register.find(request.id)).detail
      checkTimes({ ...before, ...request.change }, nowMs)
      await register.correct(request.id, request.change, nowMs)
      return register.find(request.id)
    }
    case 'breach-notified':
      await register.notified(request.id, request.recipient, request.how, nowMs)
      return register.find(request.id)
    case 'breach-close':
      await register.close(request.id, request.reason, nowMs)
      return register.find(request.id)
    case 'breaches':
      return { nowMs, breaches: await register.all() }
    case 'notice': {
      const breach = await register.find(request.id)
      const { recipient, language } = request
      if (!breach.duties.some((duty) => duty.recipient === recipient))
        throw refused('BREACH_INVALID', `'${recipient}' is owed no notice of ${request.id}`)
      const operator = { name: config.operator, contact: config.breach.contact }
      return noticeOf(breach, recipient, operator, language)
    }
  }
}

function withPolicy(input: BreachInput, { breach }: StatusConfig): BreachDetail {
  return { ...input, role: breach.role, customerHours: breach.customerNoticeHours }
}

/** A moment in the future would stop a clock. */
function checkTimes({ detectedMs, awareMs }: BreachDetail, nowMs: number): void {
  if (awareMs > nowMs || detectedMs > nowMs)
    throw refused('BREACH_INVALID', 'a breach is detected and known in the past, not later')
  if (awareMs < detectedMs)
    throw refused('BREACH_INVALID', 'nobody is aware of a breach before it is detected')
}

function checkComponents(components: readonly string[], { watched }: StatusPorts): void {
  const known = watched.filter(({ rehearsal }) => rehearsal !== true).map(({ id }) => id)
  const strange = components.find((id) => !known.includes(id))
  if (strange === undefined) return
  throw refused('INCIDENT_INVALID', `there is no component '${strange}': ${known.join(', ')}`)
}

function unknownIncident(id: number): DeniedError {
  return refused('INCIDENT_UNKNOWN', `there is no open incident ${id}`)
}

function refused(code: string, message: string): DeniedError {
  return new DeniedError(code, message, message)
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
