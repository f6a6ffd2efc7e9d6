/**
 * Reads a region's catalogue: from its newest fold on, or from where a chain has come already.
 *
 * @module
 */
import { ahead } from '#lib/ahead.ts'
import { IntegrityError } from '#lib/errors.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import type { CatalogueChain } from './chain.ts'
import { CATALOGUE_FOLDER, entryName, foldName, parseEntryName } from './names.ts'

const AT_ONCE = 16

/**
 * Reads the rest of a store's catalogue into a chain.
 *
 * @returns How many entries were read.
 * @throws {IntegrityError} As `CatalogueChain.add`; CATALOGUE_INCOMPLETE when an entry is missing.
 */
export async function readChain(store: ObjectStore, chain: CatalogueChain): Promise<number> {
  try {
    return await readOnce(store, chain)
  } catch (error) {
    // A fold may have taken an entry's place between the listing and the reading.
    if (!(error instanceof IntegrityError) || error.code !== 'OBJECT_MISSING') throw error
    return await readOnce(store, chain)
  }
}

async function readOnce(store: ObjectStore, chain: CatalogueChain): Promise<number> {
  const names = new Set<string>()
  let newestFold: number | undefined
  for await (const { name } of store.list(CATALOGUE_FOLDER)) {
    const entry = parseEntryName(name)
    if (!entry) continue
    names.add(name)
    if (entry.fold) newestFold = entry.sequence
  }
  const begins = nextName(names, chain.length) !== undefined && chain.length > 0
  let read = 0
  if (newestFold !== undefined && newestFold >= chain.length && !begins) {
    read += await readFold(store, chain, foldName(newestFold), names)
  }
  const rest: string[] = []
  for (let sequence = chain.length; ; sequence++) {
    const name = nextName(names, sequence)
    if (name === undefined) break
    rest.push(name)
  }
  const last = chain.length + rest.length
  const beyond = [...names].find((name) => (parseEntryName(name)?.sequence ?? 0) >= last)
  if (beyond !== undefined) throw incomplete(entryName(last), beyond)
  const fetch = async (name: string): Promise<[string, Uint8Array]> => [name, await store.get(name)]
  for await (const [name, bytes] of ahead(rest, AT_ONCE, fetch)) {
    chain.add(name, bytes)
    read++
  }
  return read
}

async function readFold(
  store: ObjectStore,
  chain: CatalogueChain,
  name: string,
  names: ReadonlySet<string>,
): Promise<number> {
  const fold = chain.jump(name, await store.get(name))
  const kept = fold.entries.map(({ sequence }) => entryName(sequence))
  const missing = kept.find((entry) => !names.has(entry))
  if (missing !== undefined) throw incomplete(missing, name)
  const fetch = async (entry: string): Promise<[string, Uint8Array]> => [
    entry,
    await store.get(entry),
  ]
  for await (const [entry, bytes] of ahead(kept, AT_ONCE, fetch)) chain.kept(entry, bytes)
  return kept.length + 1
}

function nextName(names: ReadonlySet<string>, sequence: number): string | undefined {
  return [entryName(sequence), foldName(sequence)].find((name) => names.has(name))
}

function incomplete(missing: string, present: string): IntegrityError {
  const message = `${missing} is missing, though ${present} is there`
  return new IntegrityError('CATALOGUE_INCOMPLETE', message)
}
