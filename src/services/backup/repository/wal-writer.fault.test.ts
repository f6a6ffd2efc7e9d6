/**
 * The one promise of the log: what was acknowledged is there after any crash, and nothing else is.
 *
 * Method: the same session is run again and again, the power failing at operation 0, 1, 2, … of
 * one region's disk until a run survives; each time under several ways of tearing what was not
 * synced. The machine is lost whole: both regions' disks are as the power cut left them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CrashingDisk } from '#kit/crashing-disk.ts'
import { CLUSTER, keysOf, openSmall, putWal, SEGMENT, walAt } from '#kit/repository.ts'
import { DiskStore } from '#storage/disk-store.ts'
import { archiveEnd } from '../restore/archive-end.ts'
import { walPieces } from '../restore/wal-source.ts'
import { openReader, type RepositoryReader } from './open-reader.ts'
import { readIdentity } from './repository-keys.ts'
import { verifyRepository } from './verify.ts'

const SEEDS = 2
const OPERATIONS_MAX = 500
const START = BigInt(SEGMENT)
/** Crosses the end of a segment. */
const PUTS = [700, SEGMENT - 1000, 900, 1, 5000]
const keys = keysOf('faults')

for (const torn of [0, 1]) {
  test(`log: whenever power fails in region ${torn}, all acknowledged is there`, async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      let crashes = 0
      while (!(await survives(seed, torn, crashes))) assert(++crashes <= OPERATIONS_MAX)
      assert(crashes > 5 * PUTS.length, 'the session is too short to prove anything')
    }
  })
}

async function survives(seed: number, torn: number, crashAt: number): Promise<boolean> {
  const disks = [0, 1].map((at) =>
    at === torn ? new CrashingDisk({ seed, crashAt }) : new CrashingDisk({ seed: seed + 100 }),
  )
  const { promised, survived } = await session(disks)
  const after = disks.map((disk) => disk.afterPowerCut())
  const where = `seed ${seed}, region ${torn}, power cut at operation ${crashAt}`
  await checkAfter(after, promised, where)
  return survived
}

/** Puts some log. @returns The position up to which it was acknowledged. */
async function session(disks: CrashingDisk[]): Promise<{ promised: bigint; survived: boolean }> {
  let promised = START
  try {
    await using repository = await openSmall(keys, storesOn(disks))
    await repository.attach(CLUSTER)
    await repository.wal.begin({ timeline: 1, lsn: START })
    let lsn = START
    const under = PUTS.map(async (size) => {
      const startLsn = lsn
      lsn += BigInt(size)
      const end = lsn
      await repository.wal.put({ timeline: 1, startLsn, bytes: walAt(startLsn, size) })
      if (end > promised) promised = end
    })
    for (const outcome of await Promise.allSettled(under)) {
      if (outcome.status === 'rejected') throw outcome.reason
    }
    return { promised, survived: true }
  } catch {
    return { promised, survived: false } // the power failed
  }
}

async function checkAfter(disks: CrashingDisk[], promised: bigint, where: string): Promise<void> {
  const stores = storesOn(disks)
  if (promised > START) {
    for (const store of stores) await checkReadable([store], promised, where) // each one alone
  }
  {
    await using repository = await openSmall(keys, stores)
    await repository.attach(CLUSTER)
    const at = await repository.wal.lastPosition(CLUSTER.systemIdentifier)
    assert((at?.lsn ?? START) >= promised, `${where}: promised ${promised}, goes on at ${at?.lsn}`)
    await repository.wal.begin(at ?? { timeline: 1, lsn: START }) // and life goes on
    await putWal(repository, [300, 400])
  }
  const reader = await checkReadable(stores, promised + 700n, where)
  const { findings } = await verifyRepository(reader)
  assert.deepEqual(findings, [], where)
}

/** The log is there from its start, at least as far as was promised, and it is what was put. */
async function checkReadable(
  stores: readonly DiskStore[],
  promised: bigint,
  where: string,
): Promise<RepositoryReader> {
  const regions = stores.map((store, at) => ({ name: `region-${at}`, store }))
  const reader = await openReader({ regions, identity: readIdentity(keys.recoveryKey) })
  const path = [{ timeline: 1, startLsn: 0n, endLsn: undefined }]
  const end = await archiveEnd(reader, 1)
  assert(end >= promised, `${where}: promised ${promised}, kept ${end}`)
  let lsn = START
  for await (const { startLsn, bytes } of walPieces(reader, path, START, end)) {
    assert.equal(startLsn, lsn, where)
    assert(Buffer.from(bytes).equals(walAt(lsn, bytes.length)), where)
    lsn += BigInt(bytes.length)
  }
  assert.equal(lsn, end, where)
  return reader
}

function storesOn(disks: readonly CrashingDisk[]): DiskStore[] {
  return disks.map((disk) => new DiskStore(disk, '/region'))
}
