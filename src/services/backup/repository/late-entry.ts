/**
 * An entry that a killed process still had on its way into a region, and that landed there after
 * the next process had looked: two entries of one number, and only ours counts.
 *
 * There is one such number, for a process enters one entry at a time: the first one that the next
 * process enters. A region that must be there was looked at by then; one that may be away may hold
 * the other.
 *
 * @module
 */
import { equalBytes } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import type { CatalogueChain } from './chain.ts'
import { entryName, foldName } from './names.ts'
import { sha256 } from './object-frame.ts'

/**
 * Deletes what has the number of an entry of ours and is another.
 *
 * @param chain Ours.
 * @returns Whether there was such a thing; then ours is to be copied there.
 * @throws {FaultError} As the store, OBJECT_LOCKED among them.
 */
export async function oustLateEntry(
  store: ObjectStore,
  chain: CatalogueChain,
  sequence: number,
): Promise<boolean> {
  const digest = chain.digestOf(sequence)
  if (!digest) return false // not entered yet, or folded
  let ousted = false
  for (const name of [entryName(sequence), foldName(sequence)]) {
    const found = await store.get(name).catch(ignoreMissing)
    if (!found || equalBytes(sha256(found), digest)) continue
    await store.delete(name)
    ousted = true
  }
  return ousted
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof IntegrityError) || error.code !== 'OBJECT_MISSING') throw error
}
