/**
 * staff.leastprivilege: nobody has a standing way into the database; what has ended opens nothing.
 *
 * The roles are read from PostgreSQL's own catalogue, by an ordinary client. Then a grant is asked
 * for that may do nothing, used while it lasts, and tried again, with the right password, after it.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Finding } from '#lib/claims/statement.ts'
import { COSTLY_SECONDS, finding, verdictOf, type Probe } from '../probe.ts'

export type LoginRole = {
  readonly name: string
  /** Milliseconds since the Unix epoch; undefined when its password never ends. */
  readonly untilMs: number | undefined
  readonly canLogin: boolean
  /** Superuser, or may bypass row security. */
  readonly mighty: boolean
}

export type ProbeGrant = {
  readonly name: string
  readonly password: string
  readonly untilMs: number
}

export type LeastPrivilegeTarget = {
  /** Roles of programs, which last; every other role that can log in is a person's. */
  readonly programs: readonly string[]
  readonly minutesMax: number
  readonly roles: (signal: AbortSignal) => Promise<readonly LoginRole[]>
  readonly grant: (seconds: number) => Promise<ProbeGrant>
  /** SQLSTATE of the refusal; undefined when it was let in. */
  readonly login: (grant: ProbeGrant) => Promise<string | undefined>
  readonly nowMs: () => number
}

const GRANT_SECONDS = 3
const AFTER_MS = 300
const INVALID_PASSWORD = '28P01'
const INVALID_ROLE = '28000'
/** How long after its end a role may still be there, locked, before that is worth a word. */
const GRACE_MS = 10_000

export function leastPrivilegeProbe(target: LeastPrivilegeTarget): Probe {
  return {
    version: 1,
    everySeconds: COSTLY_SECONDS,
    measure: async (signal) => {
      const roles = await target.roles(signal)
      const nowMs = target.nowMs()
      const people = roles.filter(
        ({ name, canLogin }) => canLogin && !target.programs.includes(name),
      )
      const bad = people.flatMap((role) => faultsOf(role, nowMs, target.minutesMax))
      const good: Finding[] = [
        finding('STAFF_NO_STANDING_ROLE', {
          programs: roles.filter(({ canLogin }) => canLogin).length - people.length,
          people: people.length,
        }),
      ]
      const grant = await target.grant(GRANT_SECONDS)
      const during = await target.login(grant)
      if (during !== undefined)
        throw Object.assign(new Error('the grant did not work'), { code: during })
      good.push(finding('STAFF_GRANT_WORKED', { seconds: GRANT_SECONDS }))
      await sleep(Math.max(0, grant.untilMs - target.nowMs()) + AFTER_MS, undefined, { signal })
      const after = await target.login(grant)
      if (after === INVALID_PASSWORD || after === INVALID_ROLE)
        good.push(finding('STAFF_GRANT_ENDED'))
      else if (after === undefined) bad.push(finding('STAFF_GRANT_OUTLIVED'))
      else throw Object.assign(new Error('the gateway did not say'), { code: after })
      return verdictOf(good, bad)
    },
  }
}

function faultsOf(
  { name, untilMs, mighty }: LoginRole,
  nowMs: number,
  minutesMax: number,
): Finding[] {
  if (untilMs === undefined) return [finding('STAFF_STANDING_ROLE', { role: name })]
  if (mighty) return [finding('STAFF_MIGHTY_ROLE', { role: name })]
  if (untilMs > nowMs + minutesMax * 60_000 + GRACE_MS)
    return [finding('STAFF_LONG_ROLE', { role: name })]
  return []
}
