/**
 * The audit trail as a region has it, fetched, opened and laid out as the books were.
 *
 * @module
 */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { BookLayout } from '#audit/copy.ts'
import { decodeCopy, type CopyParcel } from '#audit/copy-parcel.ts'
import type { Identity } from '#crypto/key-wrap.ts'
import { UsageError } from '#lib/errors.ts'
import { folderOf, hourIn } from '#services/seal/copy-names.ts'
import { SEAL_KEY_FILE } from '#services/seal/seal-key.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { openParcel } from '#storage/sealed-parcel.ts'
import { systemDisk } from '#system/disk.ts'
import type { Context } from './context.ts'
import { trailRegions } from './trail-regions.ts'

export type FetchedTrail = {
  readonly node: string
  readonly parcels: number
  /** When the newest of them was made, Unix milliseconds. */
  readonly newestMs: number
  /** Bytes of books that no parcel had. */
  readonly missing: number
}

/** @throws {UsageError} REGION_UNKNOWN. */
export function trailStore(context: Context, region: string): ObjectStore {
  const regions = trailRegions(context)
  const found = regions.find(({ name }) => name === region)
  if (found) return found.store
  const known = regions.map(({ name }) => name).join(', ')
  throw new UsageError('REGION_UNKNOWN', `there is no region ${region}; there are ${known}`)
}

/**
 * Fetches a machine's trail into a folder: `audit/` with the books, `seal/` with checkpoints.
 *
 * @param into Absolute; must not have books yet.
 * @param node Default: this machine, or the only one there is.
 * @throws {UsageError} AUDIT_COPY_MISSING. {IntegrityError} OBJECT_DAMAGED, KEY_DAMAGED,
 *   AUDIT_COPY_INVALID. {FaultError} STORE_FAILED, DISK_….
 */
export async function fetchTrail(
  store: ObjectStore,
  identity: Identity,
  into: string,
  node?: string,
): Promise<FetchedTrail> {
  const folder = await machineIn(store, node)
  const names: string[] = []
  for await (const { name } of store.list(folder)) if (hourIn(name) !== undefined) names.push(name)
  names.sort(byTime)
  const layout = new BookLayout(systemDisk, join(into, 'audit'))
  let newest: CopyParcel | undefined
  const notes = new Map<string, string>()
  const keys: string[] = []
  for (const name of names) {
    const parcel = decodeCopy(await openParcel(name, await store.get(name), identity))
    for (const piece of parcel.pieces) layout.take(piece)
    if (parcel.atMs < (newest?.atMs ?? 0)) continue
    newest = parcel
    if (!keys.includes(parcel.sealKey)) keys.unshift(parcel.sealKey)
    for (const [process, note] of Object.entries(parcel.notes)) notes.set(process, note)
  }
  const missing = layout.finish()
  const seal = join(into, 'seal')
  for (const [process, note] of notes)
    if (/^[a-z][a-z0-9-]{0,62}$/.test(process))
      await systemDisk.replace(join(seal, process, 'checkpoint'), Buffer.from(note))
  if (newest) await systemDisk.replace(join(seal, SEAL_KEY_FILE), Buffer.from(keys.join('\n')))
  const { node: name = '', atMs: newestMs = 0 } = newest ?? {}
  return { node: name, parcels: names.length, newestMs, missing }
}

async function machineIn(store: ObjectStore, node: string | undefined): Promise<string> {
  const machines = new Set<string>()
  for await (const { name } of store.list('')) machines.add(name.split('/')[0] ?? '')
  const wanted = folderOf(node ?? hostname())
  if (machines.has(wanted)) return wanted
  const [only, ...others] = machines
  if (node === undefined && only !== undefined && others.length === 0) return only
  const known = [...machines].join(', ') || 'none'
  throw new UsageError('AUDIT_COPY_MISSING', `no copy of that machine's trail here; of: ${known}`)
}

/** By hour, then the whole of it before its parts, then as they were made. */
function byTime(a: string, b: string): number {
  return (hourIn(a) ?? 0) - (hourIn(b) ?? 0) || (a < b ? -1 : 1)
}
