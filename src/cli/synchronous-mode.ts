/**
 * Remembers that synchronous mode was given up, in a file beside the backup process's keys.
 *
 * @module
 */
import { systemDisk } from '#system/disk.ts'
import type { ModeMemory } from '#services/backup/wal/synchronous/keeper.ts'
import type { LeftNote } from '#services/backup/wal/synchronous/mode.ts'
import type { Paths } from './paths.ts'

export function modeMemory(paths: Paths): ModeMemory {
  const file = paths.secret('backup', 'synchronous.left')
  return {
    load: async () => {
      if ((await systemDisk.size(file)) === undefined) return undefined
      return JSON.parse(Buffer.from(await systemDisk.read(file)).toString()) as LeftNote
    },
    save: (note) =>
      note ? systemDisk.replace(file, Buffer.from(JSON.stringify(note))) : systemDisk.remove(file),
  }
}
