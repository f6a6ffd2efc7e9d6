/**
 * Debian's own security data as advisories: what the tracker says of one release. Pure.
 *
 * Source: security-tracker.debian.org, `/tracker/data/json`: package → CVE → releases. It carries
 * no dates; the time to mend begins when we first saw the entry, which the caller remembers.
 *
 * @module
 */
import { z } from 'zod'
import type { Component, Severity, Vulnerable } from './osv.ts'
import { compareDebian } from './debian-version.ts'

type Entry = {
  readonly releases: Readonly<
    Record<
      string,
      { status: string; fixed_version?: string | undefined; urgency?: string | undefined }
    >
  >
}
export type Tracker = Readonly<Record<string, Readonly<Record<string, Entry>>>>

export const tracker: z.ZodType<Tracker> = z.record(
  z.string().max(200),
  z.record(
    z.string().max(60),
    z.object({
      releases: z.record(
        z.string(),
        z.object({
          status: z.string(),
          fixed_version: z.string().max(200).optional(),
          urgency: z.string().optional(),
        }),
      ),
    }),
  ),
)

/** The tracker's words for urgency; what is not yet assigned is looked at as high. */
const urgencies: Readonly<Record<string, Severity>> = {
  high: 'high',
  medium: 'moderate',
  low: 'low',
  unimportant: 'low',
}

export type TrackedVulnerable = Vulnerable & {
  /** Whether Debian has a version without it: what has none cannot be late. */
  readonly mendable: boolean
}

/**
 * Every installed source package that the tracker names.
 *
 * @param release Code name, for example `bookworm`.
 * @param firstSeenMs When an entry was first seen here.
 */
export function trackedIn(
  components: readonly Component[],
  known: Tracker,
  release: string,
  firstSeenMs: (id: string) => number,
): readonly TrackedVulnerable[] {
  return components
    .filter(({ ecosystem }) => ecosystem.startsWith('Debian'))
    .flatMap((component) =>
      Object.entries(known[component.name] ?? {}).flatMap(([id, { releases }]) => {
        const { status, fixed_version: fixed, urgency = '' } = releases[release] ?? { status: '' }
        const mendable = status === 'resolved' && fixed !== undefined && fixed !== '0'
        const touched = mendable && compareDebian(component.version, fixed) < 0
        if (!touched && status !== 'open') return []
        // `unimportant` is the tracker's word for what is no security issue in practice.
        if (urgency.startsWith('unimportant')) return []
        const severity = urgencies[urgency.replace(/\*+$/, '')] ?? 'high'
        return [{ component, id, severity, publishedMs: firstSeenMs(id), mendable: touched }]
      }),
    )
}
