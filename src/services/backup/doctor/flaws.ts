/**
 * Flaws of PostgreSQL's minor versions that touch a backup. Pure.
 *
 * Source: PostgreSQL's release notes of the versions named.
 *
 * @module
 */

export type Flaw = {
  readonly id: string
  readonly sentence: string
  /** First minor version without it, by major version. */
  readonly fixed: ReadonlyMap<number, number>
}

const FLAWS: readonly Flaw[] = [
  {
    id: 'visibility-map',
    sentence:
      'its differences of visibility maps are wrong; ours leave them out, so index-only scans ' +
      'are slower after a restore until a vacuum',
    fixed: new Map([
      [17, 11],
      [18, 6],
    ]),
  },
  {
    id: 'truncation',
    sentence: 'a table over 1 GB that was truncated spoils a difference for pg_combinebackup',
    fixed: new Map([
      [17, 8],
      [18, 2],
    ]),
  },
  {
    id: 'early-removal',
    sentence: 'log may be removed too early while a slot moves on during a checkpoint',
    fixed: new Map([[17, 6]]),
  },
]

/** @param version As `server_version`: `18.4 (Debian 18.4-1)`. */
export function serverFlaws(
  version: string,
): readonly { readonly id: string; readonly sentence: string; readonly fixedIn: string }[] {
  const [, major = '0', minor = '0'] = /^(\d+)(?:\.(\d+))?/.exec(version) ?? []
  return FLAWS.flatMap(({ id, sentence, fixed }) => {
    const first = fixed.get(Number(major))
    if (first === undefined || Number(minor) >= first) return []
    return [{ id, sentence, fixedIn: `${major}.${first}` }]
  })
}
