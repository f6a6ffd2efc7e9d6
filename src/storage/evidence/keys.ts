/**
 * Where a log's keys are found: the file `keys` names the first and the entries at which others
 * took over. It only points; what it points at is proven by the notes there and by the tree.
 *
 * Source: docs/formats/evidence.md §9.
 *
 * @module
 */
import { join } from 'node:path'
import { SUCCESSIONS_MAX } from '#crypto/key-succession.ts'
import { LogKeys, type Handover } from '#crypto/log-keys.ts'
import { IntegrityError } from '#lib/errors.ts'
import { KEY_FILE, readEntries, type EvidencePlace } from './files.ts'

/** First line the first verifier key, then an index on each line, ascending. */
const KEYS_FILE = 'keys'

/** As the file says: not proven yet. */
export type KeyPointers = { readonly first: string; readonly indexes: readonly number[] }

/**
 * A log that knew one key only has no such file: then `vkey` names it.
 *
 * @throws {IntegrityError} EVIDENCE_ALTERED. {FaultError} DISK_MISSING before the log began.
 */
export async function readKeyPointers({ disk, folder }: EvidencePlace): Promise<KeyPointers> {
  const file = join(folder, KEYS_FILE)
  const many = (await disk.size(file)) !== undefined
  const text = Buffer.from(await disk.read(many ? file : join(folder, KEY_FILE))).toString('utf8')
  const [first = '', ...lines] = text.trimEnd().split('\n')
  const indexes = lines.map(Number)
  const ascend = indexes.every(
    (one, at) => Number.isSafeInteger(one) && one > (indexes[at - 1] ?? -1),
  )
  if (!ascend || indexes.length > SUCCESSIONS_MAX)
    throw new IntegrityError('EVIDENCE_ALTERED', 'the file of keys is not as it was written')
  return { first, indexes }
}

export async function writeKeyPointers(
  { disk, folder }: EvidencePlace,
  { first, indexes }: KeyPointers,
): Promise<void> {
  const text = [first, ...indexes, ''].join('\n')
  await disk.replace(join(folder, KEYS_FILE), Buffer.from(text))
}

/**
 * The keys of the first `size` entries. What a log that was cut short points at beyond them counts
 * for nothing.
 *
 * @throws {IntegrityError} EVIDENCE_ALTERED, SUCCESSION_…, NOTE_….
 */
export async function readLogKeys(
  place: EvidencePlace,
  { first, indexes }: KeyPointers,
  size: number,
): Promise<LogKeys> {
  const handovers: Handover[] = []
  for (const index of indexes) {
    if (index >= size) break
    const [entry] = await readEntries(place, index, index + 1)
    if (entry) handovers.push({ index, entry })
  }
  return new LogKeys(first, handovers)
}
