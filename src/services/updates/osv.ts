/**
 * Which known vulnerabilities touch which components, and which are past their time. Pure.
 *
 * Source: Open Source Vulnerability format 1.7, `affected[].ranges[].events`. Only what can be
 * decided is: ranges of type SEMVER and ECOSYSTEM with numbered versions, and listed versions.
 *
 * @module
 */
import { z } from 'zod'
import { cvssScore, severityOfScore } from './cvss.ts'
import { compareDebian } from './debian-version.ts'

export type Component = {
  readonly ecosystem: string
  readonly name: string
  readonly version: string
}
export type Severity = 'critical' | 'high' | 'moderate' | 'low'

type Event = {
  introduced?: string | undefined
  fixed?: string | undefined
  last_affected?: string | undefined
}
export type Advisory = {
  id: string
  published: string
  withdrawn?: string | undefined
  severity?: { type: string; score: string }[] | undefined
  database_specific?: { severity?: string | undefined } | undefined
  affected: {
    package: { ecosystem: string; name: string }
    ranges?: { type: string; events: Event[] }[] | undefined
    versions?: string[] | undefined
  }[]
}

const version = z.string().max(200)
export const advisories: z.ZodType<Advisory[]> = z
  .array(
    z.object({
      id: z.string().min(1).max(200),
      published: z.iso.datetime(),
      withdrawn: z.string().optional(),
      severity: z.array(z.object({ type: z.string(), score: z.string().max(300) })).optional(),
      database_specific: z.object({ severity: z.string().optional() }).optional(),
      affected: z.array(
        z.object({
          package: z.object({ ecosystem: z.string(), name: z.string() }),
          ranges: z
            .array(
              z.object({
                type: z.string(),
                events: z.array(
                  z.object({
                    introduced: version.optional(),
                    fixed: version.optional(),
                    last_affected: version.optional(),
                  }),
                ),
              }),
            )
            .optional(),
          versions: z.array(version).optional(),
        }),
      ),
    }),
  )
  .max(1_000_000)

export type Vulnerable = {
  readonly component: Component
  readonly id: string
  readonly severity: Severity
  readonly publishedMs: number
}

/** Every component with a known vulnerability. */
export function vulnerable(
  components: readonly Component[],
  known: readonly Advisory[],
): readonly Vulnerable[] {
  const byName = Map.groupBy(components, ({ ecosystem, name }) => `${ecosystem} ${name}`)
  return known.flatMap((advisory) => {
    if (advisory.withdrawn !== undefined) return []
    return advisory.affected.flatMap(
      ({ package: { ecosystem, name }, ranges = [], versions = [] }) =>
        (byName.get(`${ecosystem} ${name}`) ?? [])
          .filter(
            ({ version: at }) =>
              versions.includes(at) ||
              ranges.some(({ type, events }) => type !== 'GIT' && within(at, events, ecosystem)),
          )
          .map((component) => ({
            component,
            id: advisory.id,
            severity: severityOf(advisory),
            publishedMs: Date.parse(advisory.published),
          })),
    )
  })
}

/** OSV: sorted events; affected from an `introduced` up to the next `fixed` or `last_affected`. */
function within(at: string, events: readonly Event[], ecosystem: string): boolean {
  const compare = /^(Debian|Ubuntu)\b/.test(ecosystem) ? compareDebian : compareVersions
  let affected = false
  for (const { introduced, fixed, last_affected: last } of events) {
    if (introduced !== undefined && (introduced === '0' || compare(at, introduced) >= 0))
      affected = true
    if (fixed !== undefined && compare(at, fixed) >= 0) affected = false
    if (last !== undefined && compare(at, last) > 0) affected = false
  }
  return affected
}

/** An unknown severity is taken for high: it is better looked at too early. */
function severityOf({ database_specific: specific, severity = [] }: Advisory): Severity {
  const scores = severity.flatMap(({ score }) => cvssScore(score) ?? [])
  if (scores.length > 0) return severityOfScore(Math.max(...scores))
  const word = specific?.severity?.toLowerCase()
  if (word === 'critical' || word === 'moderate' || word === 'low') return word
  return word === 'medium' ? 'moderate' : 'high'
}

/** Numbers compared as numbers; a pre-release comes before its release (semver §11). */
export function compareVersions(a: string, b: string): number {
  const [mainA, preA] = split(a)
  const [mainB, preB] = split(b)
  const main = compareParts(mainA, mainB)
  if (main !== 0) return main
  if (preA === undefined || preB === undefined)
    return Number(preA === undefined) - Number(preB === undefined)
  return compareParts(preA, preB)
}

function split(text: string): [string, string | undefined] {
  const plain = text.replace(/^v/, '').replace(/\+.*$/, '')
  const at = plain.indexOf('-')
  return at < 0 ? [plain, undefined] : [plain.slice(0, at), plain.slice(at + 1)]
}

function compareParts(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x = '0', y = '0'] = [left[at], right[at]]
    const numbers = /^\d+$/.test(x) && /^\d+$/.test(y)
    const order = numbers ? Number(x) - Number(y) : x < y ? -1 : Number(x > y)
    if (order !== 0) return Math.sign(order)
  }
  return 0
}
