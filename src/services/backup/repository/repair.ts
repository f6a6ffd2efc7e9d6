/**
 * Puts right what is wrong in one region from another that has it whole.
 *
 * Nothing is believed for being in most places: what is copied is authenticated first, by its
 * signature or its digest in the catalogue. What no region has whole stays as it is, and is named.
 *
 * @module
 */
import { equalBytes } from '#lib/byte-fields.ts'
import { IntegrityError, VeiligError } from '#lib/errors.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { parseEntryName, ROOT_NAME } from './names.ts'
import { sha256 } from './object-frame.ts'
import type { Finding, RepositoryReader } from './open-reader.ts'

export type Repaired = Pick<Finding, 'region' | 'object' | 'code'>

/** What copying can mend: the object itself is wrong or absent. */
const MENDABLE: ReadonlySet<string> = new Set([
  'OBJECT_DAMAGED',
  'OBJECT_FORGED',
  'OBJECT_MISSING',
  'CATALOGUE_FORKED',
  'REPOSITORY_FORMAT_NEWER',
])

/**
 * @param findings Of a verification that this reader has just made.
 * @returns What was repaired: the findings that hold no longer.
 */
export async function repairRegions(
  reader: RepositoryReader,
  findings: readonly Finding[],
  signal?: AbortSignal,
): Promise<Repaired[]> {
  const repaired: Repaired[] = []
  for (const { region, object, code } of findings) {
    signal?.throwIfAborted()
    const store = reader.regions.find(({ name }) => name === region)?.store
    if (!store || object === '' || !MENDABLE.has(code)) continue
    try {
      await replace(store, object, await soundCopy(reader, object))
      repaired.push({ region, object, code })
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error // it is found again, and named again
    }
  }
  return repaired
}

/** @throws {IntegrityError} When no region has it whole. @throws {FaultError} As the stores. */
async function soundCopy(reader: RepositoryReader, name: string): Promise<Uint8Array> {
  if (name === ROOT_NAME) return reader.root.bytes
  const entry = parseEntryName(name)
  if (!entry) return reader.read(name)
  const digest = reader.chain.digestOf(entry.sequence)
  for (const { store } of reader.regions) {
    const bytes = await store.get(name).catch(ignoreVeilig)
    if (bytes && digest && equalBytes(sha256(bytes), digest)) return bytes
  }
  throw new IntegrityError('OBJECT_MISSING', `${name} is whole in no region`)
}

function ignoreVeilig(error: unknown): undefined {
  if (!(error instanceof VeiligError)) throw error
  return undefined
}

/** Names are written once, so what is wrong goes first; a crash between leaves it missing. */
async function replace(store: ObjectStore, name: string, bytes: Uint8Array): Promise<void> {
  const present = await store.get(name).catch(ignoreVeilig)
  if (present && !equalBytes(present, bytes)) await store.delete(name)
  await store.put(name, bytes)
}
