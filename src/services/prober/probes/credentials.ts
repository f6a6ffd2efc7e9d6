/**
 * credentials.rotated and credentials.twofactor: how old the oldest key is, and that a password
 * alone opens nothing.
 *
 * @module
 */
import type { Finding } from '#lib/claims/statement.ts'
import { finding, notReached, verdictOf, type Probe } from '../probe.ts'

export type Credential = { readonly name: string; readonly ageMs: number }

const DAY_MS = 86_400_000
const AGE_DAYS_MAX = 60
const SHOWN_MAX = 10
const EVERY_SECONDS = 300

/** @param ages Of every credential there is, from facts kept when it was made. */
export function rotatedProbe(ages: () => Promise<readonly Credential[]>): Probe {
  return {
    version: 1,
    everySeconds: EVERY_SECONDS,
    measure: async () => {
      const all = (await ages()).toSorted((a, b) => b.ageMs - a.ageMs)
      const [oldest] = all
      if (!oldest) throw notReached('the list of credentials')
      const days = ({ ageMs }: Credential): number => Math.max(0, Math.floor(ageMs / DAY_MS))
      const bad = all
        .filter(({ ageMs }) => ageMs > AGE_DAYS_MAX * DAY_MS)
        .slice(0, SHOWN_MAX)
        .map((one) => finding('CREDENTIAL_OLD', { name: one.name, days: days(one) }))
      const good = finding('CREDENTIALS_FRESH', { count: all.length, days: days(oldest) })
      return verdictOf([good], bad)
    },
  }
}

export type TwoFactorTarget = {
  readonly figures: () => Promise<{ readonly active: number; readonly withoutSecond: number }>
  /** Signs in with the right password and asks for the console: what it gets. */
  readonly passwordOnly: (
    signal: AbortSignal,
  ) => Promise<'password-refused' | 'second-asked' | 'let-in'>
}

export function twoFactorProbe(target: TwoFactorTarget): Probe {
  return {
    version: 1,
    everySeconds: EVERY_SECONDS,
    measure: async (signal) => {
      const { active, withoutSecond } = await target.figures()
      const bad: Finding[] = []
      if (withoutSecond > 0) bad.push(finding('TWOFACTOR_MISSING', { accounts: withoutSecond }))
      const got = await target.passwordOnly(signal)
      // Refused outright, it would say nothing about the second proof.
      if (got === 'password-refused') throw notReached('the console (login)')
      if (got === 'let-in') bad.push(finding('TWOFACTOR_SKIPPED'))
      const good = [finding('TWOFACTOR_ALL', { accounts: active }), finding('TWOFACTOR_ASKED')]
      return verdictOf(good, bad)
    },
  }
}
