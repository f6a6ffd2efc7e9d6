/** A branch is left by order: its number is free again, and nothing of it is ever read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, openSmall, putWal, smallRepository, walAt } from '#kit/repository.ts'
import { readCatalogue } from '../repository/catalogue.ts'
import { openReader, type RepositoryReader } from '../repository/open-reader.ts'
import { readIdentity } from '../repository/repository-keys.ts'
import type { Repository } from '../repository/repository.ts'
import { verifyRepository } from '../repository/verify.ts'
import { timelinePath } from '../restore/timelines.ts'
import { walPieces } from '../restore/wal-source.ts'

const RETAIN_MS = 90 * 86_400_000
const order = { timeline: 2, reason: 'the other lives', retainMs: RETAIN_MS, dryRun: false }

test('branch: what was left is gone, and another of its number is kept and read', async () => {
  const { keys, stores } = await smallRepository('branch')
  let branchLsn = 0n
  {
    await using repository = await openSmall(keys, stores, { foldEvery: 3 })
    await repository.attach(CLUSTER)
    branchLsn = (await endOf(repository)).lsn - 1000n
    await followed(repository, branchLsn, 5000)
    await repository.wal.begin({ timeline: 3, lsn: await segmentOf(repository) })
    await history(repository, 3, `1\t${lsnText(branchLsn)}\tx\n2\t${lsnText(branchLsn + 9n)}\tx\n`)
    await putWal(repository, [700])
    const dry = await repository.leaveBranch({ ...order, dryRun: true })
    assert.deepEqual([dry.timelines, dry.objects], [[2, 3], 0])
    const { objects, receipts } = await repository.leaveBranch(order)
    assert(objects > 0 && receipts === 1, `${objects} objects, ${receipts} receipts`)
  }
  for (const store of stores) {
    for await (const { name } of store.list('wal')) assert.match(name, /^wal\/00000001\//)
  }
  await using again = await openSmall(keys, stores, { foldEvery: 3 })
  await again.attach(CLUSTER)
  assert.equal((await endOf(again)).timeline, 1)
  await followed(again, branchLsn - 500n, 3000)
  const reader = await readerOf(keys, stores)
  const { wal, histories } = await readCatalogue(reader)
  assert.deepEqual([...histories.keys()], [2])
  const end = wal.find(({ timeline }) => timeline === 2)?.endLsn ?? 0n
  let bytes = 0
  const path = timelinePath(2, histories.get(2))
  for await (const piece of walPieces(reader, path, branchLsn - 500n, end)) {
    const expected = walAt(piece.startLsn, piece.bytes.length)
    assert(Buffer.from(piece.bytes).equals(expected))
    bytes += piece.bytes.length
  }
  assert(bytes >= 3000)
  const { findings } = await verifyRepository(reader, { contents: true })
  assert.deepEqual(findings, [])
})

test('branch: a part of it that comes back from a region that was away is not read', async () => {
  const { keys, stores } = await smallRepository('branch that comes back')
  const taken = new Map<string, Uint8Array>()
  {
    await using repository = await openSmall(keys, stores)
    await repository.attach(CLUSTER)
    await followed(repository, (await endOf(repository)).lsn, 5000)
    for await (const { name } of stores[0].list('wal/00000002')) {
      taken.set(name, await stores[0].get(name))
    }
    await repository.leaveBranch(order)
  }
  assert(taken.size > 0)
  for (const [name, bytes] of taken) await stores[0].put(name, bytes)
  const { wal } = await readCatalogue(await readerOf(keys, stores))
  assert.deepEqual(
    wal.filter(({ timeline }) => timeline === 2),
    [],
  )
  await using again = await openSmall(keys, stores)
  await again.attach(CLUSTER)
  assert.equal((await endOf(again)).timeline, 1)
})

test('branch: the first timeline, an unknown one and one under a hold are not left', async () => {
  const { keys, stores } = await smallRepository('branch that stays')
  await using repository = await openSmall(keys, stores)
  await repository.attach(CLUSTER)
  await followed(repository, (await endOf(repository)).lsn, 100)
  await assert.rejects(repository.leaveBranch({ ...order, timeline: 1 }), { code: 'BRANCH_FIRST' })
  await assert.rejects(repository.leaveBranch({ ...order, timeline: 9 }), {
    code: 'BRANCH_UNKNOWN',
  })
  const hold = await repository.hold(0, 'case 7')
  await assert.rejects(repository.leaveBranch(order), { code: 'BRANCH_HELD' })
  await repository.release(hold, 'closed')
  assert.deepEqual((await repository.leaveBranch(order)).timelines, [2])
})

/** Timeline 2 from there on, as after a promotion. */
async function followed(repository: Repository, lsn: bigint, size: number): Promise<void> {
  await history(repository, 2, `1\t${lsnText(lsn)}\tx\n`)
  const begin = lsn - (lsn % BigInt(CLUSTER.walSegmentSize))
  await repository.wal.begin({ timeline: 2, lsn: begin })
  await putWal(repository, [Number(lsn - begin) + size])
}

function history(repository: Repository, timeline: number, content: string): Promise<void> {
  return repository.wal.history(timeline, Buffer.from(content))
}

async function segmentOf(repository: Repository): Promise<bigint> {
  const { lsn } = await endOf(repository)
  return lsn - (lsn % BigInt(CLUSTER.walSegmentSize))
}

async function endOf(repository: Repository): Promise<{ timeline: number; lsn: bigint }> {
  return (await repository.wal.lastPosition(CLUSTER.systemIdentifier))!
}

function lsnText(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase()
}

function readerOf(
  { recoveryKey }: { readonly recoveryKey: string },
  stores: readonly Parameters<typeof openReader>[0]['regions'][number]['store'][],
): Promise<RepositoryReader> {
  const regions = stores.map((store, at) => ({ name: `region-${at}`, store }))
  return openReader({ regions, identity: readIdentity(recoveryKey) })
}
