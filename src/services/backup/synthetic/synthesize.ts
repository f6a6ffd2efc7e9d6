/**
 * Makes a synthetic full backup: in the process that can read, signed by the one that can write.
 *
 * Source: docs/decisions/0031-synthetic-full.md.
 *
 * @module
 */
import { fromHex } from '#lib/byte-fields.ts'
import { UsageError } from '#lib/errors.ts'
import { settledWithin, type Clock } from '#system/clock.ts'
import { PACKS_TOLD_MAX } from '../control/messages.ts'
import type { Random } from '../repository/data-key.ts'
import type { ObjectProof } from '../repository/entries.ts'
import type { RepositoryReader } from '../repository/open-reader.ts'
import { Regions, type RegionPlace } from '../repository/regions.ts'
import type { SyntheticBegun, SyntheticContents } from '../repository/synthetic-backups.ts'
import { chainOf } from '../restore/choose.ts'
import { copyChain, type CopyProgress } from './copy-chain.ts'

/** The process that signs: makes the key, and enters what was copied. */
export type SyntheticSigner = {
  readonly begin: (from: string) => Promise<SyntheticBegun>
  readonly packs: (id: string, first: number, packs: readonly ObjectProof[]) => Promise<void>
  readonly finish: (id: string, contents: SyntheticContents) => Promise<void>
  readonly abort: (id: string) => Promise<void>
}

export type SynthesisOptions = {
  /** The backup whose state is to stand on its own. */
  readonly from: string
  /** Opens the repository with a key that reads. */
  readonly open: () => Promise<RepositoryReader>
  readonly regions: readonly RegionPlace[]
  readonly signer: SyntheticSigner
  readonly random: Random
  readonly clock: Clock
  readonly progress?: (progress: CopyProgress) => void
  readonly signal: AbortSignal
}

export type SynthesisReport = {
  readonly id: string
  readonly from: string
  readonly fileCount: number
  readonly plainBytes: number
  readonly storedBytes: number
  /** How many backups were put together. */
  readonly chain: number
  readonly tookMs: number
}

/** What optional regions are waited for; who lacks something then is caught up from the others. */
const OPTIONAL_WAIT_MS = 30_000

/**
 * @throws {UsageError} BACKUP_UNKNOWN, SYNTHETIC_NEEDLESS. @throws {IntegrityError} As the reader.
 * @throws {FaultError} As the stores; SYNTHETIC_INCOMPLETE. Nothing is then in the catalogue.
 */
export async function synthesize(options: SynthesisOptions): Promise<SynthesisReport> {
  const { from, signer, clock } = options
  const begunMs = clock.monotonicMs()
  const begun = await signer.begin(from)
  try {
    const reader = await options.open() // now: it must list the new key
    const { backups } = reader.chain.state
    const newest = backups.find(({ id }) => id === from)
    if (!newest) throw new UsageError('BACKUP_UNKNOWN', `there is no backup ${from} to read`)
    const [, ...older] = chainOf(backups, newest)
    const { packs, ...contents } = await copy(options, reader, begun, [newest, ...older])
    for (let first = 0; first < packs.length; first += PACKS_TOLD_MAX) {
      await signer.packs(begun.id, first, packs.slice(first, first + PACKS_TOLD_MAX))
    }
    await signer.finish(begun.id, contents)
    const { fileCount, plainBytes, manifest } = contents
    const storedBytes = packs.reduce((sum, { size }) => sum + size, manifest.size)
    const tookMs = Math.round(clock.monotonicMs() - begunMs)
    const chain = older.length + 1
    return { id: begun.id, from, fileCount, plainBytes, storedBytes, chain, tookMs }
  } catch (error) {
    await signer.abort(begun.id).catch(() => undefined) // it forgets when the next one begins
    throw error
  }
}

async function copy(
  { regions: places, random, clock, progress = () => undefined, signal }: SynthesisOptions,
  reader: RepositoryReader,
  { id, key }: SyntheticBegun,
  chain: Parameters<typeof copyChain>[0]['chain'],
): ReturnType<typeof copyChain> {
  const dataKey = await reader.dataKeys(fromHex(key) ?? new Uint8Array(0))
  const regions = new Regions(places, clock)
  const stop = (): void => void regions.close()
  signal.addEventListener('abort', stop, { once: true })
  try {
    const { repositoryId } = reader.root
    const ports = { regions, random, repositoryId, dataKey }
    const copied = await copyChain({ reader, chain, id, ports, progress, signal })
    const settled = Promise.all(regions.all.map((region) => region.settled()))
    await settledWithin(settled, OPTIONAL_WAIT_MS, clock)
    signal.throwIfAborted()
    return copied
  } finally {
    signal.removeEventListener('abort', stop)
    await regions.close()
  }
}
