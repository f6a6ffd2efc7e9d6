/**
 * Tells those who look at a club's day that something changed, so that they look again.
 *
 * Every change of a club leaves a row in its history (migrations/0005); the newest number is all
 * that is asked for, and only for clubs that somebody looks at. Nothing of what changed is told here:
 * each asks for the page anew, with his own rights.
 *
 * @module
 */
import { codeOf, inClub, type Database, type Transaction } from './database.ts'

const EVERY_MS = 2_000
/** Pages that may follow at once; those beyond work as without a script. */
const FOLLOWERS_MAX = 1_000

export type Live = AsyncDisposable & {
  /**
   * Follows a club from a version on. `tell` is called soon with every newer one.
   * @returns Stops following; undefined when too many follow already.
   */
  readonly follow: (
    clubId: string,
    since: string,
    tell: (version: string) => void,
  ) => (() => void) | undefined
  /** Aborted when the service stops: whoever waits goes home. */
  readonly stopped: AbortSignal
}

/** The number of a club's newest change. */
export async function versionOf(tx: Transaction, clubId: string): Promise<string> {
  const [row] = await tx<{ version: string }[]>`
    SELECT coalesce(max(id), 0)::text AS version FROM changes WHERE club_id = ${clubId}`
  return row?.version ?? '0'
}

type Follower = { since: string; readonly tell: (version: string) => void }

/** @param report Told once of each time the database cannot be asked. */
export function openLive(database: Database, report: (line: object) => void): Live {
  const clubs = new Map<string, Set<Follower>>()
  const stop = new AbortController()
  let count = 0
  let isFailing = false
  const look = async (): Promise<void> => {
    for (const [clubId, followers] of clubs) {
      const version = await inClub(database, clubId, (tx) => versionOf(tx, clubId))
      for (const follower of followers) {
        if (follower.since === version) continue
        follower.since = version
        follower.tell(version)
      }
    }
  }
  const round = async (): Promise<void> => {
    try {
      await look()
      isFailing = false
    } catch (error) {
      if (!isFailing) report({ live: 'failed', code: codeOf(error) })
      isFailing = true
    }
  }
  let working: Promise<void> | undefined
  const timer = setInterval(() => {
    // A slow database is not asked again while it still answers.
    if (count > 0) working ??= round().finally(() => (working = undefined))
  }, EVERY_MS)
  return {
    stopped: stop.signal,
    follow: (clubId, since, tell) => {
      if (count >= FOLLOWERS_MAX || stop.signal.aborted) return undefined
      const follower: Follower = { since, tell }
      const followers = clubs.get(clubId) ?? new Set()
      clubs.set(clubId, followers.add(follower))
      count += 1
      return () => {
        if (!followers.delete(follower)) return
        count -= 1
        if (followers.size === 0) clubs.delete(clubId)
      }
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      stop.abort()
      await working
    },
  }
}
