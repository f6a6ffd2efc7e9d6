/**
 * Remembers which blocks changed, beside the keys of the backup process: numbers of files and
 * blocks, no contents.
 *
 * @module
 */
import type { SummaryMemory } from '#services/backup/summary/keeper.ts'
import type { Disk } from '#system/disk.ts'

export function summaryMemory(disk: Disk, file: string): SummaryMemory {
  return {
    load: async () => ((await disk.size(file)) === undefined ? undefined : await disk.read(file)),
    save: (summary) => disk.replace(file, summary),
  }
}
