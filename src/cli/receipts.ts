/**
 * Where receipts of drills and verifications are: beside us, and in every region.
 *
 * @module
 */
import { isNoReceipt, openReceipt } from '#crypto/receipt.ts'
import { FaultError } from '#lib/errors.ts'
import type { RegionPlace } from '#services/backup/repository/regions.ts'
import { RECEIPTS_FOLDER } from '#services/backup/repository/names.ts'
import { DiskStore } from '#storage/disk-store.ts'
import { systemDisk } from '#system/disk.ts'
import { drillKeys } from './drill-key.ts'
import type { Paths } from './paths.ts'

export type KeptReceipt = { readonly name: string; readonly bytes: Uint8Array }

export type KeptReceipts = {
  readonly keep: (name: string, bytes: Uint8Array) => Promise<void>
  readonly all: () => AsyncIterable<KeptReceipt>
  readonly spread: () => Promise<void>
}

/** The receipts of this installation. */
export function keptReceipts(paths: Paths, regions: readonly RegionPlace[]): KeptReceipts {
  const own = new DiskStore(systemDisk, paths.receipts)
  const has = new Map<string, Set<string>>()
  return {
    keep: (name, bytes) => own.put(name, bytes),
    all: () => receiptsIn(own, ''),
    spread: async () => {
      await Promise.all(regions.map((region) => giveTo(region, own, has)))
    },
  }
}

/** Gives a region what it lacks; a region that is away gets it another time. */
async function giveTo(
  { name: region, store }: RegionPlace,
  own: DiskStore,
  has: Map<string, Set<string>>,
): Promise<void> {
  try {
    const there = has.get(region) ?? new Set<string>()
    if (!has.has(region)) {
      for await (const { name } of store.list(RECEIPTS_FOLDER)) {
        there.add(name.slice(RECEIPTS_FOLDER.length + 1))
      }
      has.set(region, there)
    }
    for await (const { name } of own.list('')) {
      if (there.has(name)) continue
      await store.put(`${RECEIPTS_FOLDER}/${name}`, await own.get(name))
      there.add(name)
    }
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
  }
}

/** Every receipt of a region, oldest first; those in `known` are not read again. */
export async function* receiptsIn(
  store: RegionPlace['store'],
  folder: string = RECEIPTS_FOLDER,
  known: ReadonlySet<string> = new Set(),
): AsyncGenerator<KeptReceipt> {
  for await (const { name } of store.list(folder)) {
    if (!known.has(name)) yield { name, bytes: await store.get(name) }
  }
}

/** Backup id → end of its last drill that passed, milliseconds. */
export type Drilled = ReadonlyMap<string, number>

/** From the receipts beside us; none where no drill has a key yet. */
export async function lastDrills(paths: Paths): Promise<Drilled> {
  const drilled = new Map<string, number>()
  const keys = await drillKeys(paths).catch(() => [])
  if (keys.length === 0) return drilled
  for await (const { bytes } of keptReceipts(paths, []).all()) {
    try {
      const receipt = openReceipt(bytes, keys)
      if (receipt.kind === 'drill' && receipt.passed) drilled.set(receipt.backup, receipt.endedMs)
    } catch (error) {
      if (!isNoReceipt(error)) throw error
    }
  }
  return drilled
}
