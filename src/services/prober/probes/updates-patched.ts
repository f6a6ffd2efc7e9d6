/**
 * updates.patched: no component with a known vulnerability past its time.
 *
 * Without a list of known vulnerabilities nothing is claimed: not knowing is not being safe.
 *
 * @module
 */
import { finding, verdictOf, type Probe } from '../probe.ts'

export type Patched = {
  readonly components: number
  readonly advisories: number
  /** Age of the newest knowledge, days. */
  readonly ageDays: number
  readonly ageDaysMax: number
  /** Flaws of the server's minor version that touch a backup; the doctor tells more. */
  readonly flaws?: readonly { readonly id: string; readonly fixedIn: string }[]
  readonly open: readonly {
    readonly component: string
    readonly id: string
    readonly severity: string
    readonly daysLeft: number
  }[]
}

const EVERY_SECONDS = 600

/**
 * @param look undefined when no list of advisories is configured.
 * @param mark Of the advisories and lock files: new ones are read at once.
 */
export function patchedProbe(
  look: (() => Promise<Patched>) | undefined,
  mark?: Probe['mark'],
): Probe {
  return {
    version: 1,
    everySeconds: EVERY_SECONDS,
    ...(mark ? { mark } : {}),
    measure: async () => {
      if (!look) return { outcome: 'unmeasured', findings: [finding('UPDATES_NO_ADVISORIES')] }
      const { components, advisories, ageDays, ageDaysMax, open, flaws = [] } = await look()
      const late = open
        .filter(({ daysLeft }) => daysLeft < 0)
        .map(({ component, id, severity, daysLeft }) =>
          finding('UPDATES_LATE', { component, id, severity, days: -daysLeft }),
        )
      if (late.length === 0 && (ageDays > ageDaysMax || advisories === 0)) {
        const values = { days: ageDays, limit: ageDaysMax }
        return { outcome: 'unmeasured', findings: [finding('UPDATES_ADVISORIES_OLD', values)] }
      }
      const good = finding('UPDATES_NONE_LATE', { components, advisories, open: open.length })
      const flawed = flaws.map(({ id, fixedIn }) => finding('UPDATES_SERVER_FLAW', { id, fixedIn }))
      return verdictOf([good, ...flawed], late)
    },
  }
}
