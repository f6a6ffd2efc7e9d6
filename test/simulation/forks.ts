/**
 * Promotions and forks of real servers, one after the other, from one seed; the backup process
 * lives through them all at one address. A server is promoted where it stands or after a crash, a
 * standby that lags takes over, somebody goes back to a moment of any branch, an old primary rises
 * again.
 *
 * Each row is written on a known branch at a known position; so of every moment noted on the way,
 * dead branches included, it is known which rows a restore must bring: those, no other, no fewer.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { prepareBackup, until, type TestBackup } from '#kit/backup.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { mulberry32 } from '#kit/random.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import { Lineage } from './lineage.ts'

export type ForkCampaign = {
  readonly seed: number
  /** Promotions and forks. */
  readonly forks: number
  /** Moments restored at the end, beside those that were gone back to. */
  readonly restores: number
}

export type Forked = {
  promotions: number
  crashes: number
  failovers: number
  restores: number
  risen: number
  timelines: number
  rows: number
}

/** A moment on a branch, and what a restore to it must bring. */
type Moment = { readonly timeline: number; readonly lsn: string; readonly rows: readonly number[] }

/** A full backup is taken after so many, so that no restore replays all there was. */
const FULL_EVERY = 40

/** @throws {AssertionError} When a restore brings another branch, or less; the seed is named. */
export async function fork(campaign: ForkCampaign): Promise<Forked> {
  await using server = await startPostgres(requiredServerSettings)
  await using backup = await prepareBackup(server)
  await using lineage = new Lineage(server)
  const forks = new Forks(server, backup, lineage, campaign)
  try {
    return await forks.live()
  } catch (cause) {
    const message = `seed ${campaign.seed}, fork ${forks.at}: ${(cause as Error).message}`
    throw new Error(message, { cause })
  }
}

class Forks {
  readonly #server: TestPostgres
  readonly #backup: TestBackup
  readonly #lineage: Lineage
  readonly #campaign: ForkCampaign
  readonly #random: () => number
  readonly #moments: Moment[] = []
  readonly #lived: Forked = {
    promotions: 0,
    crashes: 0,
    failovers: 0,
    restores: 0,
    risen: 0,
    timelines: 0,
    rows: 0,
  }
  /** On the branch that lives. */
  #rows: readonly number[] = []
  #restored = 0
  at = 0

  constructor(server: TestPostgres, backup: TestBackup, lineage: Lineage, campaign: ForkCampaign) {
    this.#server = server
    this.#backup = backup
    this.#lineage = lineage
    this.#campaign = campaign
    this.#random = mulberry32(campaign.seed)
  }

  async live(): Promise<Forked> {
    await this.#lineage.stop()
    await this.#lineage.start()
    await this.#server.query('create table grown (id int primary key)')
    await this.#backup.start()
    await until(async () => (await this.#backup.status()).full.newest !== null)
    await this.#grow()
    for (this.at = 1; this.at <= this.#campaign.forks; this.at++) {
      await this.#one()
      await this.#grow()
      if (this.at % FULL_EVERY === 0) await this.#backup.full()
    }
    await this.#kept(await this.#now())
    await this.#check('latest', this.#rows)
    for (let count = 0; count < this.#campaign.restores; count++) {
      const moment = this.#pick(this.#moments)
      await this.#check(moment.lsn, moment.rows, moment.timeline)
    }
    this.#lived.timelines = this.#moments.at(-1)!.timeline
    return this.#lived
  }

  async #one(): Promise<void> {
    const dice = this.#random()
    if (dice < 0.35) await this.#promote()
    else if (dice < 0.5) await this.#crashAndPromote()
    else if (dice < 0.72) await this.#failOver()
    else if (dice < 0.95) await this.#goBack()
    else await this.#rise()
  }

  async #promote(): Promise<void> {
    await this.#lineage.stop()
    await this.#lineage.startPromoted()
    this.#lived.promotions++
  }

  /** What was committed is there, for it recovers; but the backup may not have had it yet. */
  async #crashAndPromote(): Promise<void> {
    await this.#write(3)
    await this.#lineage.crash()
    await this.#lineage.startPromoted()
    this.#lived.crashes++
  }

  /** The one that takes over lacks what was written last; the backup has it, of a dead branch. */
  async #failOver(): Promise<void> {
    await this.#lineage.stop()
    const standby = await this.#lineage.copy(this.#random() < 0.5)
    const had = this.#rows
    await this.#lineage.start()
    await this.#grow()
    const primary = this.#lineage.dataDir
    await this.#lineage.crash()
    await this.#lineage.startPromoted(standby)
    await this.#forget(primary)
    this.#rows = had
    this.#lived.failovers++
  }

  /** To a moment of any branch; what was restored takes the server's place. */
  async #goBack(): Promise<void> {
    const recent = this.#random() < 0.7 ? this.#moments.slice(-6) : this.#moments
    const { timeline, lsn, rows } = this.#pick(recent)
    const into = await this.#restore(lsn, timeline)
    const before = this.#lineage.dataDir
    await this.#lineage.stop()
    await this.#lineage.start(into)
    await this.#lineage.accepting()
    await this.#forget(before)
    assert.deepEqual(await this.#found(), rows, `gone back to ${timeline}:${lsn}`)
    this.#rows = rows
    this.#lived.restores++
  }

  /** An old primary starts again at the address: nothing of it may come into the repository. */
  async #rise(): Promise<void> {
    await this.#lineage.stop()
    const old = await this.#lineage.copy(true)
    await this.#lineage.startPromoted()
    await this.#grow()
    const living = this.#lineage.dataDir
    await this.#lineage.stop()
    await this.#lineage.start(old)
    await this.#server.query('insert into grown values (-1)')
    await until(async () => /set back/.test((await this.#backup.status()).log.fault ?? ''))
    await this.#lineage.stop()
    await this.#lineage.start(living)
    await this.#forget(old)
    this.#lived.risen++
  }

  /** Some rows, each a moment to go back to, when the backup has come so far. */
  async #grow(): Promise<void> {
    await this.#write(1 + Math.floor(this.#random() * 4))
    const moment = await this.#now()
    await this.#kept(moment)
    this.#moments.push(moment)
  }

  async #now(): Promise<Moment> {
    const [end] = await this.#server.query<{ lsn: string; timeline: string }>(
      `select pg_current_wal_flush_lsn() as lsn,
              substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8) as timeline`,
    )
    const { lsn, timeline } = end!
    return { timeline: Number.parseInt(timeline, 16), lsn, rows: this.#rows }
  }

  /** Resolves once the regions hold this moment, on its branch: the server's own slot says so. */
  async #kept({ timeline, lsn }: Moment): Promise<void> {
    await until(async () => {
      if ((await this.#backup.status()).log.timeline !== timeline) return false
      const sql = `select restart_lsn >= $1 as kept from pg_replication_slots where active`
      return (await this.#server.query<{ kept: boolean }>(sql, [lsn]))[0]?.kept === true
    })
  }

  async #write(count: number): Promise<void> {
    for (let row = 0; row < count; row++) {
      const id = ++this.#lived.rows
      await this.#server.query('insert into grown values ($1)', [id])
      this.#rows = [...this.#rows, id]
    }
  }

  async #restore(to: string, timeline?: number): Promise<string> {
    const home = join(this.#backup.data, `gone-back-${++this.#restored}`)
    await mkdir(home, { mode: 0o755 })
    const into = join(home, 'data')
    const which = timeline === undefined ? [] : ['--timeline', String(timeline)]
    await this.#backup.veilig('restore', '--to', to, ...which, '--into', into)
    return into
  }

  async #check(to: string, rows: readonly number[], timeline?: number): Promise<void> {
    const into = await this.#restore(to, timeline)
    {
      await using restored = await this.#backup.reopen(into)
      const found = await restored.query<{ id: number }>('select id from grown order by id')
      assert.deepEqual(
        found.map(({ id }) => id),
        rows,
        `restored to ${timeline ?? ''} ${to}`,
      )
    }
    await this.#forget(into)
  }

  async #found(): Promise<number[]> {
    const found = await this.#server.query<{ id: number }>('select id from grown order by id')
    return found.map(({ id }) => id)
  }

  #pick<T>(some: readonly T[]): T {
    return some[Math.floor(this.#random() * some.length)]!
  }

  async #forget(dataDir: string): Promise<void> {
    await rm(dataDir === this.#server.place.dataDir ? dataDir : dirname(dataDir), {
      recursive: true,
      force: true,
    })
  }
}
