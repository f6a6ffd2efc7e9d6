/**
 * staff.nosecrets: the declared source holds no key and no password.
 *
 * @module
 */
import { finding, verdictOf, type Probe } from '../probe.ts'

export type Scanned = {
  readonly files: number
  readonly accepted: number
  /** Where and by which rule; never what. */
  readonly findings: readonly {
    readonly path: string
    readonly line: number
    readonly rule: string
  }[]
}

const EVERY_SECONDS = 6 * 3600
const PLACE_SHOWN_MAX = 200

/**
 * @param scan Searches every declared repository; undefined when none is declared.
 * @param mark Of what would be searched: a search is long, a look whether it changed is not.
 */
export function noSecretsProbe(
  scan: ((signal: AbortSignal) => Promise<Scanned>) | undefined,
  mark?: Probe['mark'],
): Probe {
  return {
    version: 1,
    everySeconds: EVERY_SECONDS,
    ...(mark ? { mark } : {}),
    measure: async (signal) => {
      if (!scan) return { outcome: 'unmeasured', findings: [finding('SECRETS_NONE_DECLARED')] }
      const { files, accepted, findings } = await scan(signal)
      if (files === 0)
        return { outcome: 'unmeasured', findings: [finding('SECRETS_NONE_DECLARED')] }
      const bad = findings.map(({ path, line, rule }) =>
        finding('SECRETS_FOUND', {
          place: `${path}:${line}`.slice(-PLACE_SHOWN_MAX),
          rule: rule.slice(0, 100),
        }),
      )
      return verdictOf([finding('SECRETS_NONE_FOUND', { files, accepted })], bad)
    },
  }
}
