/**
 * Where whoever writes files has the packs from: a repository, or the thread that reads it.
 *
 * @module
 */
import type { RepositoryReader } from '../repository/open-reader.ts'
import type { DataKeys } from '../repository/sealing.ts'

export type PackSource = {
  readonly repositoryId: Uint8Array
  /** A pack, authenticated; whoever asked for it may free it. @throws As the reader. */
  readonly read: (name: string) => Promise<Uint8Array>
  /** Of a pack as it is stored, in bytes. */
  readonly packSize: (name: string) => number
  readonly dataKeys: DataKeys
}

export function packsOf(reader: RepositoryReader): PackSource {
  return {
    repositoryId: reader.root.repositoryId,
    read: reader.read,
    packSize: (name) => reader.proofs.get(name)?.size ?? 0,
    dataKeys: reader.dataKeys,
  }
}
