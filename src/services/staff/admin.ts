/**
 * The operator at the machine: commands over a unix socket that only our own account may open.
 *
 * @module
 */
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { z } from 'zod'
import { DeniedError, UsageError, VeiligError } from '#lib/errors.ts'
import { acts, type Act, type Approvals } from './approvals.ts'
import type { Desk } from './desk.ts'
import { countedOf, isDue, Outside, serviceFrom, type OutsideProof } from './outside.ts'
import { invitedRoles, type Role } from './policy.ts'
import { ensureProbeAccount } from './probe-account.ts'
import type { Requests } from './requests.ts'
import { resealSeeds } from './reseal.ts'
import { accountByName, listStaff } from './store.ts'

const MACHINE = 'the operator at the machine'
const WAIT = 'That proof is not right.'

type Invite = { name: string; role: Exclude<Role, 'probe'> }
const inviteBody: z.ZodType<Invite> = z.strictObject({
  name: z.string().trim().toLowerCase().min(1).max(254),
  role: z.enum(invitedRoles),
})
const named: z.ZodType<{ name: string }> = z.strictObject({ name: z.string().toLowerCase() })
const numbered: z.ZodType<{ id: string }> = z.strictObject({ id: z.string().max(64) })
type Ask = { account: string; role: 'read' | 'write'; minutes: number; reason: string }
const askBody: z.ZodType<Ask> = z.strictObject({
  account: z.string().toLowerCase().max(254),
  role: z.enum(['read', 'write']),
  minutes: z.int().min(1).max(60),
  reason: z.string().trim().min(1).max(500),
})

/** Figures for the probe; no name in them. */
export type StaffFigures = {
  readonly active: number
  readonly withoutSecond: number
}

type Glass = { account: string; role: 'read' | 'write'; reason: string }
const glassBody: z.ZodType<Glass> = z.strictObject({
  account: z.string().max(254),
  role: z.enum(['read', 'write']),
  reason: z.string().max(500),
})
type Wanted = { account: string; act: Act; subject: string; reason: string }
const actName = z.enum(Object.keys(acts) as [Act, ...Act[]])
const wantedBody: z.ZodType<Wanted> = z.strictObject({
  account: z.string().toLowerCase().max(254),
  act: actName,
  subject: z.string().trim().min(1).max(200),
  reason: z.string().trim().min(1).max(500),
})
type Given = { id: string; account: string; code: string }
const givenBody: z.ZodType<Given> = z.strictObject({
  id: z.string().max(64),
  account: z.string().toLowerCase().max(254),
  code: z.string().max(40),
})
const useBody: z.ZodType<{ act: Act; subject: string }> = z.strictObject({
  act: actName,
  subject: z.string().min(1).max(200),
})

const proofBody: z.ZodType<OutsideProof> = z.strictObject({
  service: z.string().max(100),
  secondFactor: z.enum(['yes', 'no']).optional(),
  credentialMs: z.number().optional(),
  problem: z.string().max(200).optional(),
})

/** Figures of outside services for the probes. */
export type OutsideFigures = {
  readonly services: number
  /** Of how many an API proved whether a second factor is demanded. */
  readonly measured: number
  readonly withoutSecond: number
  readonly due: number
  readonly oldestDays: number
}

export function adminApp(desk: Desk, requests: Requests, approvals: Approvals): Hono {
  const app = new Hono()
  const { pool } = desk.ports
  const people = async (): Promise<Awaited<ReturnType<typeof listStaff>>> =>
    (await listStaff(pool)).filter(({ role }) => role !== 'probe')
  const route = (path: string, work: (body: unknown) => Promise<unknown>): void => {
    app.post(path, async (context) => {
      const body: unknown = await context.req.json()
      return context.json({ value: (await work(body)) ?? null })
    })
  }
  route('/list', people)
  route('/figures', async (): Promise<StaffFigures> => {
    const active = (await people()).filter(({ state }) => state === 'active')
    const without = active.filter(({ totp, passkeys }) => !totp && passkeys === 0)
    return { active: active.length, withoutSecond: without.length }
  })
  route('/invite', async (body) => {
    const { name, role } = inviteBody.parse(body)
    if ((await accountByName(pool, name))?.role === 'probe')
      throw new UsageError('STAFF_NAME_TAKEN', `${name} is the ring's own; choose another name`)
    return { link: await desk.invite(name, role, MACHINE) }
  })
  route('/disable', async (body) => ({
    disabled: await desk.disable(named.parse(body).name, MACHINE),
  }))
  route('/read-again', async () => {
    await desk.ports.readAgain()
    await ensureProbeAccount(desk)
    return { resealed: await resealSeeds(desk) }
  })
  route('/first-link', async () => {
    if ((await people()).some(({ state }) => state === 'active')) return { link: null }
    return { link: await desk.invite('owner', 'owner', MACHINE) }
  })
  route('/access/list', () => requests.list())
  route('/access/request', async (body) => {
    const { account, role, minutes, reason } = askBody.parse(body)
    return { id: await requests.ask(account, role, minutes, reason) }
  })
  route('/access/approve', async (body) => {
    const { id } = numbered.parse(body)
    await requests.approve(id, undefined)
    return requests.start(id, undefined)
  })
  route('/access/revoke', (body) => requests.end(numbered.parse(body).id, undefined))
  route('/break-glass', async (body) => {
    const { account, role, reason } = glassBody.parse(body)
    return { told: await desk.notices.brokenGlass(account, role, reason) }
  })
  route('/approval/list', () => approvals.list())
  route('/approval/ask', async (body) => {
    const { account, act, subject, reason } = wantedBody.parse(body)
    return { id: await approvals.ask(account, act, subject, reason) }
  })
  // At the machine too, who approves shows who he is: with a second proof, counted like any other.
  route('/approval/approve', async (body) => {
    const { id, account, code } = givenBody.parse(body)
    const key = desk.keyOf(`POST /approval/approve ${account}`)
    const admission = await desk.ports.loginLimits.begin({ account: key, network: 'machine' })
    if (!admission.admitted)
      throw new DeniedError('STAFF_PROOF_WRONG', 'too many wrong tries', WAIT)
    const person = await accountByName(pool, account)
    const right = person?.state === 'active' && (await desk.proofIsRight(person, code))
    await desk.ports.loginLimits.settle(admission.ticket, right ? 'right' : 'wrong')
    if (!right) throw new DeniedError('STAFF_PROOF_WRONG', `that is no code of ${account}`, WAIT)
    return approvals.approve(id, account)
  })
  route('/approval/use', (body) => {
    const { act, subject } = useBody.parse(body)
    return approvals.use(act, subject)
  })
  const outside = new Outside(desk)
  route('/outside/list', () => outside.list())
  route('/outside/keep', async (body) => {
    const { service, problem } = serviceFrom(body as Readonly<Record<string, unknown>>)
    if (!service) throw new UsageError('OUTSIDE_INVALID', problem)
    await outside.keep(service, MACHINE)
  })
  const lineOf = async (body: unknown): Promise<string> => {
    const { name } = named.parse(body)
    const found = (await outside.list()).find((line) => line.name.toLowerCase() === name)
    if (!found) throw new UsageError('OUTSIDE_INVALID', `there is no outside service '${name}'`)
    return found.id
  }
  route('/outside/review', async (body) => outside.review(await lineOf(body), MACHINE))
  route('/outside/remove', async (body) => outside.remove(await lineOf(body), MACHINE))
  route('/outside/prove', async (body) => ({ known: await outside.prove(proofBody.parse(body)) }))
  route('/outside/remind', async () => ({ reminded: await outside.remind() }))
  route('/outside/figures', async (): Promise<OutsideFigures> => {
    const lines = await outside.list()
    const nowMs = desk.ports.clock.nowMs()
    const counted = lines.map((line) => countedOf(line, nowMs))
    const ages = counted.map(({ credentialMs }) => Math.floor((nowMs - credentialMs) / 86_400_000))
    return {
      services: lines.length,
      measured: counted.filter(({ measured }) => measured).length,
      withoutSecond: counted.filter(({ secondFactor }) => secondFactor !== 'yes').length,
      due: lines.filter((line) => isDue(line, nowMs)).length,
      oldestDays: Math.max(0, ...ages),
    }
  })
  app.onError((error, context) => {
    if (error instanceof HTTPException) return error.getResponse()
    if (error instanceof VeiligError) {
      const message = error.message.replace(`${error.code}: `, '')
      return context.json({ code: error.code, message }, error instanceof UsageError ? 400 : 409)
    }
    if (error instanceof z.ZodError) {
      return context.json({ code: 'STAFF_REQUEST_INVALID', message: z.prettifyError(error) }, 400)
    }
    return context.json({ code: 'STAFF_FAILED', message: 'the console failed; see its log' }, 500)
  })
  return app
}
