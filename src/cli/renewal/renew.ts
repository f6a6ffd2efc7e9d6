/**
 * Renews what is old enough, and records each.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import { VeiligError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import { noteBrought } from '../brought.ts'
import type { Context } from '../context.ts'
import { credentialAges, type MachineCredential } from '../credentials.ts'
import { holdRenewal, renewalsOf, type Renewal } from './renewal.ts'

const DAY_MS = 86_400_000

export type Outcome = {
  readonly credential: string
  readonly tookMs: number
  /** Code of what was in the way; the old one is valid then. */
  readonly failed?: string | undefined
}

/**
 * @param wanted Whether a credential is renewed, by its name and age.
 * @throws {FaultError} RENEWAL_RUNNING; POSTGRES's own when the superuser cannot log in.
 */
export async function renewWhere(
  context: Context,
  trail: AuditTrail,
  wanted: (credential: string, ageMs: number) => boolean,
): Promise<readonly Outcome[]> {
  const ages = new Map((await credentialAges(context)).map(({ name, ageMs }) => [name, ageMs]))
  const due = (await renewalsOf(context)).filter(({ credential }) => {
    const ageMs = ages.get(credential)
    return ageMs !== undefined && wanted(credential, ageMs)
  })
  if (due.length === 0) return []
  await using held = await holdRenewal(context)
  void held
  const one = (renewal: Renewal): Promise<Outcome> => renewOne(renewal, trail, context.clock)
  const done: Outcome[] = []
  for (const renewal of due.filter(({ waits }) => !waits)) done.push(await one(renewal))
  return [...done, ...(await Promise.all(due.filter(({ waits }) => waits).map(one)))]
}

async function renewOne(
  { credential, role, renew, recorded }: Renewal,
  trail: AuditTrail,
  clock: Clock,
): Promise<Outcome> {
  const begunMs = clock.monotonicMs()
  const took = (): number => Math.round(clock.monotonicMs() - begunMs)
  try {
    await renew()
  } catch (error) {
    const { code = 'UNKNOWN' } = error as { code?: string }
    await trail.append([
      { code: 'CREDENTIAL_RENEWAL_FAILED', detail: { credential, reason: code } },
    ])
    return { credential, tookMs: took(), failed: error instanceof VeiligError ? code : 'UNKNOWN' }
  }
  const tookMs = took()
  const detail = { credential, from: role, to: role, drainMs: tookMs }
  if (!recorded) await trail.append([{ code: 'CREDENTIAL_ROTATED', detail }])
  return { credential, tookMs }
}

/** Where the ring cannot change it over by itself, somebody is told so many days before the end. */
export const REMIND_DAYS = 50
const REMIND_EVERY_MS = DAY_MS

/** What is soon too old and waits for somebody: a restart, or an act. */
async function dueOf(context: Context): Promise<readonly MachineCredential[]> {
  return (await credentialAges(context)).filter(
    ({ ageMs, renewed }) =>
      ageMs >= REMIND_DAYS * DAY_MS && renewed !== 'kept' && renewed !== 'by itself',
  )
}

const LOOK_EVERY_MS = 3_600_000
const FIRST_LOOK_MS = 30_000

/**
 * Looks every hour for what is older than `access.rotateDays`, and renews it; tells once a day of
 * what it cannot renew.
 */
export function keepRenewed(
  context: Context,
  trail: AuditTrail,
  tell: (line: string) => void,
): AsyncDisposable {
  const stopping = new AbortController()
  const { clock } = context
  const look = async (): Promise<void> => {
    const olderThanMs = context.config.access.rotateDays * DAY_MS
    const done = await renewWhere(context, trail, (_, ageMs) => ageMs > olderThanMs)
    const failed = done.filter((one) => one.failed !== undefined)
    if (done.length > 0) tell(`${done.length - failed.length} credentials were renewed`)
    for (const one of failed) tell(`${one.credential} could not be renewed (${one.failed})`)
  }
  let remindedMs = -Infinity
  const remind = async (): Promise<void> => {
    await noteBrought(context)
    if (clock.monotonicMs() - remindedMs < REMIND_EVERY_MS) return
    remindedMs = clock.monotonicMs()
    for (const { name: credential, ageMs, renewed: how } of await dueOf(context)) {
      const days = Math.floor(ageMs / DAY_MS)
      await trail.append([{ code: 'CREDENTIAL_DUE', detail: { credential, days, how } }])
      tell(`${credential} is ${days} days old; it is renewed ${how}`)
    }
  }
  const round = async (): Promise<void> => {
    let pauseMs = FIRST_LOOK_MS
    while (!stopping.signal.aborted) {
      await clock.sleep(pauseMs, stopping.signal).catch(() => undefined)
      if (stopping.signal.aborted) return
      await look().catch((error: Error) => tell(`nothing was renewed: ${error.message}`))
      await remind().catch((error: Error) => tell(`nobody was reminded: ${error.message}`))
      pauseMs = LOOK_EVERY_MS
    }
  }
  const running = round()
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await running
    },
  }
}
