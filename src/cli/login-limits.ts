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
import { openValkeyLimits } from '#system/lockout/valkey.ts'
import type { ServiceContext } from './context.ts'

/** @param door Names it: what is counted at one door says nothing at another. */
export async function openLoginLimits(
  { config, paths, clock, log, trail }: ServiceContext,
  door: string,
): Promise<LoginLimits & AsyncDisposable> {
  const onFault = (error: Error): void => log.error({ door }, error.message)
  const journal = await openLoginJournal({
    disk: systemDisk,
    folder: paths.lockout(door),
    nowMs: () => clock.nowMs(),
    onFault,
  })
  const { valkeyUrl } = config.webGateway.counters
  if (valkeyUrl === undefined) return journal
  const record = (code: string): void => void trail.append([{ code, detail: { door } }])
  const shared = openValkeyLimits({
    url: valkeyUrl,
    prefix: `veilig:${door}`,
    random: randomBytes,
    fallback: journal,
    onFault: (error) => {
      onFault(error)
      record('LOGIN_COUNTED_HERE')
    },
    onBack: () => record('LOGIN_COUNTED_TOGETHER'),
  })
  return {
    begin: (attempt) => shared.begin(attempt),
    settle: (ticket, outcome) => shared.settle(ticket, outcome),
    [Symbol.asyncDispose]: async () => {
      await shared[Symbol.asyncDispose]()
      await journal[Symbol.asyncDispose]()
    },
  }
}
