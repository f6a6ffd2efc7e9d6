/**
 * The certificate's record as files of one machine: a new file for each version, which only one
 * process can create.
 *
 * @module
 */
import { join } from 'node:path'
import { FaultError } from '#lib/errors.ts'
import type { Disk } from '#system/disk.ts'
import type { CertificateBook, CertificateRecord, Versioned } from './book.ts'

const pattern = /^certificate-(\d{10})\.json$/

/** @param folder Readable by the gateway alone: the record holds private keys. */
export function fileBook(disk: Disk, folder: string): CertificateBook {
  const versions = async (): Promise<readonly number[]> =>
    (await disk.list(folder)).flatMap((name) => {
      const digits = pattern.exec(name)?.[1]
      return digits === undefined ? [] : [Number(digits)]
    })
  const fileOf = (version: number): string =>
    join(folder, `certificate-${String(version).padStart(10, '0')}.json`)
  const load = async (): Promise<Versioned | undefined> => {
    const version = Math.max(0, ...(await versions()))
    if (version === 0) return undefined
    try {
      const text = Buffer.from(await disk.read(fileOf(version))).toString('utf8')
      return { version, record: JSON.parse(text) as CertificateRecord }
    } catch (error) {
      // Another process stored the next version, and removed this one, while we looked.
      if (error instanceof FaultError && error.code === 'DISK_MISSING') return load()
      throw error
    }
  }
  return {
    load,
    store: async (record, version) => {
      // Versions only grow: whoever holds an old one finds its successor's place taken, or passed.
      if (Math.max(0, ...(await versions())) > version) return false
      try {
        await disk.createOnce(fileOf(version + 1), Buffer.from(JSON.stringify(record)))
      } catch (error) {
        if (error instanceof FaultError && error.code === 'DISK_EXISTS') return false
        throw error
      }
      const all = await versions()
      // So slow that others stored two versions and removed the place we took: ours is void.
      const isOvertaken = all.some((each) => each > version + 1)
      if (isOvertaken) await disk.remove(fileOf(version + 1))
      else for (const old of all) if (old < version) await disk.remove(fileOf(old))
      return !isOvertaken
    },
  }
}
