/**
 * Where a door counts failed logins: in Valkey when one is configured, else in a journal on this
 * machine's disk. The same for the visitors' door and the staff's.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { LoginLimits } from '#lib/lockout/lockout.ts'
import { systemDisk } from '#system/disk.ts'
import { openLoginJournal } from '#system/lockout/journal.ts'
import { valkeyLimits } from '#system/lockout/valkey.ts'
import type { ValkeyScripts } from '#system/valkey/scripts.ts'
import type { ServiceContext } from './context.ts'
import { openSharedCounts, sharedPrefix } from './shared-counts.ts'

/**
 * @param door Names it: what is counted at one door says nothing at another.
 * @param shared What the door counts in already; ended with these limits.
 */
export async function openLoginLimits(
  context: ServiceContext,
  door: string,
  shared: ValkeyScripts | undefined = openSharedCounts(context, door),
): Promise<LoginLimits & AsyncDisposable> {
  const { paths, clock, log } = context
  const journal = await openLoginJournal({
    disk: systemDisk,
    folder: paths.lockout(door),
    nowMs: () => clock.nowMs(),
    onFault: (error) => log.error({ door }, error.message),
  })
  if (!shared) return journal
  const prefix = sharedPrefix(door)
  const limits = valkeyLimits({ scripts: shared, prefix, random: randomBytes, fallback: journal })
  return {
    begin: (attempt) => limits.begin(attempt),
    settle: (ticket, outcome) => limits.settle(ticket, outcome),
    [Symbol.asyncDispose]: async () => {
      await shared[Symbol.asyncDispose]()
      await journal[Symbol.asyncDispose]()
    },
  }
}
