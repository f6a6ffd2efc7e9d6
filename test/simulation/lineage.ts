/**
 * Servers of one cluster that take each other's place at one address, as failovers, restores and
 * mistakes bring them about: each data directory is one server, one of them runs.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { chown, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '#kit/backup.ts'
import type { TestPostgres } from '#kit/postgres.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import { startCluster, type RunningCluster } from '#system/postgres/cluster.ts'

/** Little memory and disk each, and no pause before the log of others is seen. */
const settings = {
  ...requiredServerSettings,
  shared_buffers: '16MB',
  max_wal_size: '64MB',
  min_wal_size: '32MB',
  wal_keep_size: '64MB',
  summarize_wal: 'off',
}

export class Lineage implements AsyncDisposable {
  readonly #first: TestPostgres
  #dataDir: string
  #running: RunningCluster
  #copies = 0

  /** @param first Its address is that of all who follow. */
  constructor(first: TestPostgres) {
    this.#first = first
    this.#dataDir = first.place.dataDir
    this.#running = first.cluster
  }

  /** Where the one that runs, or ran last, has its data. */
  get dataDir(): string {
    return this.#dataDir
  }

  async stop(): Promise<void> {
    await this.#running[Symbol.asyncDispose]()
  }

  async crash(): Promise<void> {
    this.#running.kill('SIGKILL')
    await this.#running.ended
  }

  /** Takes the place of the one before, which must have ended. */
  async start(dataDir: string = this.#dataDir): Promise<void> {
    const { place, socketDir, port } = this.#first
    const logFile = join(dataDir, '..', 'log')
    const listening = { socketDir, port, logFile, settings }
    // What a killed server leaves running holds its shared memory for a moment.
    await until(async () => {
      this.#running = await startCluster({ ...place, dataDir }, listening)
      return true
    })
    this.#dataDir = dataDir
  }

  /** As a standby it ends its recovery at once: a new timeline, as after a failover. */
  async startPromoted(dataDir: string = this.#dataDir): Promise<void> {
    const signal = join(dataDir, 'standby.signal')
    await writeFile(signal, '')
    const { account } = this.#first.place
    if (account) await chown(signal, account.uid, account.gid)
    await this.start(dataDir)
    await this.#first.query('select pg_promote()')
    await this.accepting()
  }

  /** Resolves once it has ended its recovery. */
  async accepting(): Promise<void> {
    await until(async () => {
      const [row] = await this.#first.query<{ recovering: boolean }>(
        'select pg_is_in_recovery() as recovering',
      )
      return row?.recovering === false
    })
  }

  /** Of the data of one that does not run: a standby that had come so far. */
  async copy(withSlots: boolean): Promise<string> {
    const copied = join(this.#first.place.dataDir, '..', `copy-${++this.#copies}`, 'data')
    await promisify(execFile)('mkdir', ['-p', '-m', '755', join(copied, '..')])
    await promisify(execFile)('cp', ['-a', '--reflink=auto', this.#dataDir, copied])
    if (withSlots) return copied
    const slots = join(copied, 'pg_replslot')
    for (const slot of await readdir(slots)) await rm(join(slots, slot), { recursive: true })
    return copied
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
