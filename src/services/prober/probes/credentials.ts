/**
 * credentials.rotated and credentials.twofactor: how old the oldest key is, and that a password
 * alone opens nothing.
 *
 * @module
 */
import type { Finding } from '#lib/claims/statement.ts'
import { COSTLY_SECONDS, finding, notReached, verdictOf, type Probe } from '../probe.ts'

export type Credential = {
  readonly name: string
  readonly ageMs: number
  /** A key that others know us by, or that opens what was sealed: it is counted apart. */
  readonly kept?: boolean | undefined
}

const DAY_MS = 86_400_000
const AGE_DAYS_MAX = 60
const SHOWN_MAX = 10

/** What people wrote down of outside services: their word, unless an API proved it. */
export type OutsideFigures = {
  readonly services: number
  /** Of how many an API proved whether a second factor is demanded. */
  readonly measured?: number | undefined
  readonly withoutSecond: number
  /** Not looked at this quarter. */
  readonly due: number
  readonly oldestDays: number
}

export type RotatedTarget = {
  /** Of every credential there is, from facts kept when it was made. */
  readonly ages: () => Promise<readonly Credential[]>
  readonly outside?: () => Promise<OutsideFigures>
  /** Days after which people must choose another password; undefined: on evidence only. */
  readonly forcedDays?: number | undefined
}

export function rotatedProbe({ ages, outside, forcedDays }: RotatedTarget): Probe {
  return {
    version: 1,
    everySeconds: COSTLY_SECONDS,
    measure: async () => {
      const byAge = (await ages()).toSorted((a, b) => b.ageMs - a.ageMs)
      const all = byAge.filter(({ kept }) => !kept)
      const [oldest] = all
      const [oldestKept] = byAge.filter(({ kept }) => kept)
      if (!oldest) throw notReached('the list of credentials')
      const days = ({ ageMs }: Credential): number => Math.max(0, Math.floor(ageMs / DAY_MS))
      const bad = all
        .filter(({ ageMs }) => ageMs > AGE_DAYS_MAX * DAY_MS)
        .slice(0, SHOWN_MAX)
        .map((one) => finding('CREDENTIAL_OLD', { name: one.name, days: days(one) }))
      const good = [
        finding('CREDENTIALS_FRESH', { count: all.length, days: days(oldest) }),
        forcedDays === undefined
          ? finding('PASSWORDS_ON_EVIDENCE')
          : finding('PASSWORDS_FORCED', { days: forcedDays }),
      ]
      if (oldestKept)
        good.push(
          finding('CREDENTIALS_KEPT', {
            count: byAge.length - all.length,
            days: days(oldestKept),
          }),
        )
      const { services = 0, due = 0, oldestDays = 0 } = (await outside?.()) ?? {}
      if (services > 0) good.push(finding('OUTSIDE_ATTESTED', { services, days: oldestDays }))
      if (due > 0) bad.push(finding('OUTSIDE_REVIEW_DUE', { services: due }))
      if (oldestDays > AGE_DAYS_MAX)
        bad.push(finding('OUTSIDE_CREDENTIAL_OLD', { days: oldestDays }))
      return verdictOf(good, bad)
    },
  }
}

export type TwoFactorTarget = {
  readonly outside?: () => Promise<OutsideFigures>
  readonly figures: () => Promise<{ readonly active: number; readonly withoutSecond: number }>
  /** Signs in with the right password and asks for the console: what it gets. */
  readonly passwordOnly: (
    signal: AbortSignal,
  ) => Promise<'password-refused' | 'second-asked' | 'let-in'>
}

export function twoFactorProbe(target: TwoFactorTarget): Probe {
  return {
    version: 1,
    everySeconds: COSTLY_SECONDS,
    measure: async (signal) => {
      const { active, withoutSecond } = await target.figures()
      const bad: Finding[] = []
      if (withoutSecond > 0) bad.push(finding('TWOFACTOR_MISSING', { accounts: withoutSecond }))
      const outside = await target.outside?.()
      const { services = 0, measured = 0, withoutSecond: without = 0 } = outside ?? {}
      if (without > 0) bad.push(finding('OUTSIDE_WITHOUT_SECOND', { services: without }))
      const got = await target.passwordOnly(signal)
      // Refused outright, it would say nothing about the second proof.
      if (got === 'password-refused') throw notReached('the console (login)')
      if (got === 'let-in') bad.push(finding('TWOFACTOR_SKIPPED'))
      const good = [finding('TWOFACTOR_ALL', { accounts: active }), finding('TWOFACTOR_ASKED')]
      const attested = services - measured
      if (measured > 0) good.push(finding('OUTSIDE_SECOND_MEASURED', { services: measured }))
      if (attested > 0) good.push(finding('OUTSIDE_SECOND_ATTESTED', { services: attested }))
      return verdictOf(good, bad)
    },
  }
}
