/**
 * Remembers what the log ended with, beside the keys of the backup process: by it a server is known
 * again. Whoever loses it follows any server of the same history.
 *
 * @module
 */
import { z } from 'zod'
import { formatLsn, parseLsn } from '#protocol/postgres/replication/lsn.ts'
import type { TailMemory } from '#services/backup/wal/recogniser.ts'
import type { Disk } from '#system/disk.ts'

type Kept = {
  readonly systemIdentifier: string
  readonly timeline: number
  readonly end: string
  readonly size: number
  readonly sha256: string
}

const kept: z.ZodType<Kept> = z.strictObject({
  systemIdentifier: z.string().regex(/^\d{1,20}$/),
  timeline: z.int().min(1),
  end: z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/),
  size: z.int().min(1).max(65_536),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

export function tailMemory(disk: Disk, file: string): TailMemory {
  return {
    load: async () => {
      if ((await disk.size(file)) === undefined) return undefined
      const found = kept.safeParse(parsed(Buffer.from(await disk.read(file)).toString()))
      if (!found.success) return undefined // as if it were lost
      const { systemIdentifier, end, ...rest } = found.data
      return { ...rest, systemIdentifier: BigInt(systemIdentifier), endLsn: parseLsn(end) }
    },
    save: ({ systemIdentifier, endLsn, ...rest }) => {
      const told: Kept = {
        ...rest,
        systemIdentifier: String(systemIdentifier),
        end: formatLsn(endLsn),
      }
      return disk.replace(file, Buffer.from(`${JSON.stringify(told)}\n`))
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
