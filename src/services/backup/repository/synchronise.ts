/**
 * Copies what one region lacks from another. Nothing is copied that is not authentic.
 *
 * @module
 */
import { toHex } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'
import type { ObjectStore, StoredObject } from '#storage/object-store.ts'
import type { CatalogueChain } from './chain.ts'
import type { BackupEntry, ObjectProof } from './entries.ts'
import {
  BACKUPS_FOLDER,
  CATALOGUE_FOLDER,
  isOldKey,
  keyIdOf,
  KEYS_FOLDER,
  manifestName,
  packName,
  parseEntryName,
  parseWalName,
  ROOTS_FOLDER,
  WAL_FOLDER,
} from './names.ts'
import { sha256 } from './object-frame.ts'
import type { RepositoryRoot } from './root.ts'
import { isPartGivenUp, wholeLog } from './wal-listing.ts'

/** The catalogue comes last: it must not name what is not there yet. */
const FOLDERS = [ROOTS_FOLDER, KEYS_FOLDER, BACKUPS_FOLDER, WAL_FOLDER, CATALOGUE_FOLDER]

/** Name → what the catalogue says of the object. */
export type Proofs = ReadonlyMap<string, ObjectProof>

export function proofsOf(backups: readonly BackupEntry[]): Proofs {
  const proofs = new Map<string, ObjectProof>()
  for (const { id, manifest, packs } of backups) {
    proofs.set(manifestName(id), manifest)
    for (const [number, pack] of packs.entries()) proofs.set(packName(id, number), pack)
  }
  return proofs
}

/**
 * Checks an object without any secret: by its signature, or by its digest in the catalogue.
 *
 * @param digest SHA-256 of the bytes, where it was made already.
 * @throws {IntegrityError} OBJECT_FORGED, OBJECT_DAMAGED, OBJECT_UNKNOWN when no entry names it.
 */
export function checkObject(
  root: RepositoryRoot,
  proofs: Proofs,
  name: string,
  bytes: Uint8Array,
  digest?: Uint8Array,
): void {
  if (!name.startsWith(`${BACKUPS_FOLDER}/`)) return root.checkSignature(name, bytes)
  const proof = proofs.get(name)
  if (!proof) {
    throw new IntegrityError('OBJECT_UNKNOWN', `${name} is in no backup of the catalogue`)
  }
  if (bytes.length !== proof.size || toHex(digest ?? sha256(bytes)) !== proof.sha256) {
    throw new IntegrityError('OBJECT_DAMAGED', `${name} is not what the catalogue says`)
  }
}

/** What retention has given up or a fold has taken the place of: it must not come back. */
export function isGivenUp(chain: CatalogueChain, name: string): boolean {
  const { expiries } = chain.state
  const entry = parseEntryName(name)
  if (entry) return chain.isFolded(entry.sequence)
  if (name.startsWith(`${KEYS_FOLDER}/`)) {
    const key = keyIdOf(name)
    return [...expiries.values()].some(({ entry }) => entry.keys.includes(key))
  }
  const part = parseWalName(name)
  return part !== undefined && isPartGivenUp(chain.state, part)
}

export type CopyOptions = {
  readonly gone?: (name: string) => boolean
  readonly growing?: boolean
}

/**
 * Copies into `target` what it lacks of `source`.
 *
 * @param how.gone Names that are being destroyed.
 * @param how.growing The source is being written to: of its log only what follows without a hole is
 *   copied, so that the target has none either. What comes after is on its way, and copied next.
 *
 * @returns How many objects were copied, and which could not be because they are not authentic.
 * @throws {FaultError} As the stores.
 */
export async function copyMissing(
  source: ObjectStore,
  target: ObjectStore,
  root: RepositoryRoot,
  proofs: Proofs,
  { gone = () => false, growing = false }: CopyOptions = {},
): Promise<{ copied: number; refused: string[] }> {
  let copied = 0
  const refused: string[] = []
  for (const folder of FOLDERS) {
    const replaced = folder === WAL_FOLDER ? await wholeLog(target) : undefined
    const newest = folder === KEYS_FOLDER ? await newestKeys(target) : undefined
    const listed = source.list(folder)
    const whole = growing && folder === WAL_FOLDER ? withoutHoles(listed) : listed
    const missing = missingFrom(whole, target.list(folder))
    // The log without a hole, so in its order; packs in any, the catalogue comes behind them all.
    await each(missing, folder === BACKUPS_FOLDER ? PACKS_AT_ONCE : 1, async (name) => {
      if (folder === BACKUPS_FOLDER && !proofs.has(name)) return // a left-over, or on its way
      if (gone(name) || replaced?.covers(name) || (newest && isOldKey(name, newest))) return
      try {
        const bytes = await source.get(name)
        checkObject(root, proofs, name, bytes)
        await target.put(name, bytes)
        copied++
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error
        refused.push(name)
      }
    })
  }
  return { copied, refused }
}

async function* withoutHoles(listed: AsyncIterable<StoredObject>): AsyncGenerator<StoredObject> {
  const ends = new Map<string, bigint>()
  for await (const object of listed) {
    const part = parseWalName(object.name)
    if (!part) continue
    const end = ends.get(part.run) ?? part.startLsn
    if (part.startLsn > end) continue
    if (part.endLsn > end) ends.set(part.run, part.endLsn)
    yield object
  }
}

/** Memory holds so many objects at most; a far server's answer takes longer than its bytes. */
const PACKS_AT_ONCE = 4

async function each(
  names: AsyncGenerator<string>,
  atOnce: number,
  act: (name: string) => Promise<void>,
): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let next = await names.next(); !next.done; next = await names.next()) {
      await act(next.value)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** Key id → name of its newest generation. */
export async function newestKeys(store: ObjectStore): Promise<ReadonlyMap<string, string>> {
  const newest = new Map<string, string>()
  for await (const { name } of store.list(KEYS_FOLDER)) newest.set(keyIdOf(name), name)
  return newest
}

/** Names that the first listing has and the second has not; both are in the order of the names. */
async function* missingFrom(
  from: AsyncIterable<StoredObject>,
  present: AsyncIterable<StoredObject>,
): AsyncGenerator<string> {
  const others = present[Symbol.asyncIterator]()
  let other = await others.next()
  for await (const { name } of from) {
    while (!other.done && other.value.name < name) other = await others.next()
    if (other.done || other.value.name !== name) yield name
  }
}
