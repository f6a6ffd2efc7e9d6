/**
 * A data directory that changes as databases do, and its backups in a repository in memory.
 *
 * @module
 */
import type { Repository } from '#services/backup/repository/repository.ts'
import type { RepositoryInTime } from './repository-in-time.ts'
import { CLUSTER, putWal, SEGMENT, seededBytes } from './repository.ts'

const BLOCK = CLUSTER.blockSize
const HOUR_MS = 3_600_000

/** Before the first backup. */
export async function beginWorld(repository: Repository): Promise<void> {
  await repository.attach(CLUSTER)
  await repository.wal.begin({ timeline: 1, lsn: BigInt(SEGMENT) })
  await putWal(repository, [1000])
}

/** A data directory that changes by itself, and is backed up as a server would tell of it. */
export class BackedUpWorld {
  /** Id of a backup → path → what was in the file then. */
  readonly states: Map<string, ReadonlyMap<string, Uint8Array>> = new Map()
  readonly #random: (size: number) => Uint8Array
  #files = new Map<string, Uint8Array>()
  /** Path → what has changed since each backup. */
  readonly #changed = new Map<string, Map<string, Changes>>()
  #names = 0

  constructor(seed: string) {
    this.#random = seededBytes(`world ${seed}`)
    for (let count = 0; count < 6; count++) this.#create()
    this.#files.set('global/pg_control', this.#blocks(1))
  }

  #below(limit: number): number {
    return Buffer.from(this.#random(4)).readUInt32BE() % limit
  }

  /** Each block says one thing over and over: hashing all would take seconds. */
  #blocks(count: number): Uint8Array {
    const each = Array.from({ length: count }, () => Buffer.alloc(BLOCK, this.#random(32)))
    return new Uint8Array(Buffer.concat(each))
  }

  #create(): void {
    this.#files.set(`base/${++this.#names}`, this.#blocks(this.#below(150)))
  }

  /** Blocks rewritten, tables cut short, grown, dropped and made. */
  #live(): void {
    for (const [path, bytes] of this.#files) {
      const fate = this.#below(8)
      if (path === 'global/pg_control') this.#rewrite(path, bytes, 1)
      else if (fate === 0) this.#files.delete(path)
      else if (fate === 1) this.#resize(path, bytes, this.#below(bytes.length / BLOCK + 1))
      else if (fate === 2) this.#resize(path, bytes, bytes.length / BLOCK + this.#below(40))
      else if (fate < 7) this.#rewrite(path, bytes, this.#below(20))
    }
    this.#create()
  }

  #rewrite(path: string, bytes: Uint8Array, count: number): void {
    const copy = bytes.slice()
    for (let one = 0; one < count && copy.length > 0; one++) {
      const block = this.#below(copy.length / BLOCK)
      copy.set(this.#blocks(1), block * BLOCK)
      for (const changes of this.#each(path)) changes.blocks.add(block)
    }
    this.#files.set(path, copy)
  }

  #resize(path: string, bytes: Uint8Array, blocks: number): void {
    const copy = new Uint8Array(blocks * BLOCK)
    copy.set(bytes.subarray(0, copy.length))
    const kept = Math.min(bytes.length / BLOCK, blocks)
    for (let block = kept; block < blocks; block++) {
      copy.set(this.#blocks(1), block * BLOCK)
      for (const changes of this.#each(path)) changes.blocks.add(block)
    }
    for (const changes of this.#each(path)) changes.limit = Math.min(changes.limit, kept)
    this.#files.set(path, copy)
  }

  *#each(path: string): Generator<Changes> {
    for (const since of this.#changed.values()) {
      const known = since.get(path)
      if (known) yield known
    }
  }

  /** Takes a backup; one that builds on another is of a world that has changed. @returns Its id. */
  async take(
    { clock }: RepositoryInTime,
    repository: Repository,
    parentId: string | undefined,
  ): Promise<string> {
    clock.forward(HOUR_MS)
    if (parentId !== undefined) this.#live()
    await repository.attach(CLUSTER)
    const startLsn = (await repository.wal.lastPosition(CLUSTER.systemIdentifier))!.lsn
    const kind = parentId === undefined ? 'full' : 'differential'
    const base = parentId === undefined ? {} : { parentId }
    const writer = await repository.beginBackup({ kind, label: '', timeline: 1, startLsn, ...base })
    writer.directory('base', 0o700)
    for (const [path, bytes] of this.#files) {
      const changes = this.#changed.get(parentId ?? '')?.get(path)
      const blocks = changes
        ? [...changes.blocks].filter((block) => block < bytes.length / BLOCK).sort((a, b) => a - b)
        : undefined
      const size = blocks ? blocks.length * BLOCK : bytes.length
      writer.beginFile({ path, size, mode: 0o600, modifiedMs: 1000 })
      if (!changes || !blocks) {
        await writer.write(bytes)
        writer.endFile()
        continue
      }
      for (const block of blocks) {
        await writer.write(bytes.subarray(block * BLOCK, (block + 1) * BLOCK))
      }
      const inherits = Math.min(changes.limit * BLOCK, bytes.length)
      const ranges = blocks.map((block) => ({ at: block * BLOCK, length: BLOCK }))
      writer.endFile({ size: bytes.length, inherits, ranges })
    }
    await putWal(repository, [1000])
    const { lsn: endLsn } = (await repository.wal.lastPosition(CLUSTER.systemIdentifier))!
    const end = { endLsn, endTimeline: 1, serverManifest: new Uint8Array(1), damagedPages: [] }
    const { id } = await writer.finish({ ...end, facts: {} })
    this.states.set(id, new Map(this.#files))
    const since = [...this.#files].map(([path, bytes]): [string, Changes] => [
      path,
      { blocks: new Set(), limit: bytes.length / BLOCK },
    ])
    this.#changed.set(id, new Map(since))
    return id
  }
}

type Changes = { readonly blocks: Set<number>; limit: number }
