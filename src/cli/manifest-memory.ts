/**
 * Remembers the server's lists of files of backups that later ones may be taken against.
 *
 * They lie beside the keys of the backup process; the last eight are kept, and those it names.
 *
 * @module
 */
import type { ManifestMemory } from '#services/backup/ports.ts'
import type { Disk } from '#system/disk.ts'

const KEPT = 8

/** @param folder Ours alone; file names are a growing number and the list's SHA-256. */
export function manifestMemory(disk: Disk, folder: string): ManifestMemory {
  const find = async (digest: string): Promise<string | undefined> =>
    (await disk.list(folder)).find((name) => name.endsWith(`-${digest}`))
  return {
    load: async (digest) => {
      const name = await find(digest)
      return name === undefined ? undefined : await disk.read(`${folder}/${name}`)
    },
    save: async (digest, serverManifest, needed) => {
      if ((await find(digest)) === undefined) {
        const last = Number((await disk.list(folder)).at(-1)?.split('-')[0] ?? '0')
        const number = String(last + 1).padStart(12, '0')
        await disk.replace(`${folder}/${number}-${digest}`, serverManifest)
      }
      for (const name of (await disk.list(folder)).slice(0, -KEPT)) {
        if (!needed.has(name.split('-')[1] ?? '')) await disk.remove(`${folder}/${name}`)
      }
    },
  }
}
