/**
 * Points the probes of drills and verifications at the regions and the protected database.
 *
 * @module
 */
import { randomBytes, randomInt } from 'node:crypto'
import pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import { attackObject } from '#services/backup/repository/attack.ts'
import type { KnownChains } from '#services/backup/repository/open-reader.ts'
import { RECEIPTS_FOLDER } from '#services/backup/repository/names.ts'
import { RetentionMeter } from '#services/backup/retention/measure.ts'
import { isGivenUp } from '#services/backup/repository/synchronise.ts'
import { livingBranch } from '#services/backup/restore/branch.ts'
import { COSTLY_SECONDS, type Probe } from '#services/prober/probe.ts'
import { pitrProbe, verifiedProbe, type KeptReceipt } from '#services/prober/probes/receipts.ts'
import { retentionProbe, type RetentionTarget } from '#services/prober/probes/retention.ts'
import { systemDisk } from '#system/disk.ts'
import type { ServiceContext } from '../context.ts'
import { drillKeys, ensureDrillKey } from '../drill-key.ts'
import { FACTS_KEPT_DAYS, forgetOldFacts, noteCanary } from '../facts.ts'
import { receiptsIn } from '../receipts.ts'
import { openForReading, regionPlaces } from '../repository.ts'

const HOUR_MS = 3_600_000
const NONCE_BYTES = 16

/** @param login The prober's own, through the gateway. */
export async function receiptProbes(
  context: ServiceContext,
  login: pg.ClientConfig,
): Promise<readonly (readonly [string, Probe])[]> {
  const { paths, clock, config } = context
  const { regions } = config.backup
  await ensureDrillKey(paths)
  const known: KnownChains = new Map()
  const common = {
    receipts: (known: ReadonlySet<string>) => receiptsOfAny(context, known),
    keys: () => drillKeys(paths),
    clock,
  }
  const backups = async (): Promise<readonly { id: string; finishedMs: number }[]> => {
    const { chain } = await openForReading(context, regions, undefined, known)
    // One that was put together in the repository may be of an old state: its day begins later.
    return livingBranch(chain.state).backups.map(({ id, finishedMs, synthetic }) => {
      return { id, finishedMs: synthetic?.madeMs ?? finishedMs }
    })
  }
  const names = regions.filter(({ required }) => required).map(({ name }) => name)
  const plant = (signal: AbortSignal): Promise<void> => plantCanary(context, login, signal)
  const verified = { ...common, backups, regions: names, everySeconds: COSTLY_SECONDS }
  return [
    ['backup.pitr', pitrProbe({ ...common, plant })],
    ['backup.verified', verifiedProbe(verified)],
    ['backup.retention', retentionProbe(retention(context, known))],
  ]
}

/** What is kept, what is still readable: judged by the catalogue and the regions' own listings. */
function retention(context: ServiceContext, known: KnownChains): RetentionTarget {
  const { regions, retainDays } = context.config.backup
  const meter = new RetentionMeter()
  const required = new Set(regions.filter((region) => region.required).map(({ name }) => name))
  return {
    retainDays,
    everySeconds: COSTLY_SECONDS,
    look: async () => {
      const reader = await openForReading(context, regions, undefined, known)
      const nowMs = context.clock.nowMs()
      const bounds = { nowMs, retainMs: retainDays * 24 * HOUR_MS, graceMs: HOUR_MS }
      return meter.measure(reader, bounds, required)
    },
  }
}

/** Names that the catalogue has given up, though a region may still have them. */
export function givenUp(context: ServiceContext): () => Promise<(name: string) => boolean> {
  const known: KnownChains = new Map()
  return async () => {
    const { regions } = context.config.backup
    const { chain } = await openForReading(context, regions, undefined, known)
    const entries = [...chain.state.expiries.values()].map(({ entry }) => entry)
    const backups = new Set(entries.flatMap((entry) => entry.backups))
    return (name) => isGivenUp(chain, name) || backups.has(name.split('/')[1] ?? '')
  }
}

/** What a stranger would do to a sampled object: another key, one bit flipped. */
export function attackSample(
  context: ServiceContext,
): (object: string, bytes: Uint8Array) => Promise<string | undefined> {
  const known: KnownChains = new Map()
  return async (object, bytes) => {
    const { regions } = context.config.backup
    const reader = await openForReading(context, regions, undefined, known)
    return attackObject(reader, object, bytes, (below) => randomInt(below), randomBytes)
  }
}

/** From the first region that answers: every region has the same. */
async function* receiptsOfAny(
  { paths, config }: ServiceContext,
  known: ReadonlySet<string>,
): AsyncGenerator<KeptReceipt> {
  let failure: unknown
  for (const { store } of regionPlaces(paths, config.backup.regions)) {
    try {
      yield* receiptsIn(store, RECEIPTS_FOLDER, known)
      return
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      failure = error
    }
  }
  throw failure
}

/** Writes one row through the gateway, and notes when it was surely not and surely committed. */
async function plantCanary(
  { paths, clock }: ServiceContext,
  login: pg.ClientConfig,
  signal: AbortSignal,
): Promise<void> {
  const client = new pg.Client(login)
  client.on('error', () => undefined) // said by the call in progress
  const abort = (): void => void client.end().catch(() => undefined)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await client.connect()
    await client.query(
      'create table if not exists canary (at timestamptz, nonce text, primary key (at, nonce))',
    )
    const nonce = randomBytes(NONCE_BYTES).toString('hex')
    const { rows } = await client.query<{ ms: number }>(
      `insert into canary values (clock_timestamp(), $1)
       returning (extract(epoch from at) * 1000)::float8 as ms`,
      [nonce],
    )
    const after = await client.query<{ ms: number }>(
      'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
    )
    const [beforeMs, committedMs] = [rows[0]?.ms, after.rows[0]?.ms]
    if (beforeMs === undefined || committedMs === undefined) return
    noteCanary(systemDisk, paths.facts, { nonce, beforeMs, committedMs })
    await client.query(`delete from canary where at < now() - interval '${FACTS_KEPT_DAYS} days'`)
    await forgetOldFacts(systemDisk, paths.facts, clock.nowMs())
  } finally {
    signal.removeEventListener('abort', abort)
    await client.end().catch(() => undefined)
  }
}
