/** Detection over real books in a folder, with a store in memory and the channels a test wants. */
import { randomUUID } from 'node:crypto'
import { openTrail } from '#audit/open.ts'
import { readEvents } from '#audit/read.ts'
import type { AuditTrail } from '#audit/trail.ts'
import { detectionConfig } from '#services/detection/config.ts'
import type { Channel } from '#services/detection/ports.ts'
import { serveDetection } from '#services/detection/serve.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'

/** Opens a book of a process in the folder. */
export function openTestBook(
  folder: string,
  process: string,
): Promise<AuditTrail & AsyncDisposable> {
  const place = { folder, process, node: 'test' }
  return openTrail({ ...place, mode: 'written', disk: systemDisk, clock: systemClock })
}

/** Follows a gateway's book of the folder and writes its own. */
export async function startDetection(
  folder: string,
  channels: readonly Channel[],
  drillRoles: readonly string[] = ['veilig_prober'],
  book: string = 'sql-gateway',
): Promise<AsyncDisposable> {
  const trail = await openTestBook(folder, 'detection')
  const place = { folder, process: book }
  const service = await serveDetection(detectionConfig.parse({ drillRoles }), {
    trail,
    clock: systemClock,
    books: [place.process],
    memory: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    follow: (name, from, signal) =>
      readEvents({
        folder,
        process: name,
        from,
        follow: { clock: systemClock, signal, pollMs: 10 },
      }),
    store: {
      cursor: () => Promise.resolve(undefined),
      advance: () => Promise.resolve(),
      keep: () => Promise.resolve(),
      overdue: () => Promise.resolve([]),
      delivered: () => Promise.resolve(),
      sanction: () => Promise.resolve(),
      sanctions: () => Promise.resolve([]),
      undone: () => Promise.resolve([]),
    },
    channels,
    newId: randomUUID,
    complain: () => undefined,
  })
  return {
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]()
      await trail[Symbol.asyncDispose]()
    },
  }
}
