/** The trail's contract in each mode: what append returns, when it fails, what a reader sees. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { parseCheckpoint } from '#crypto/checkpoint.ts'
import {
  ed25519PrivateKey,
  noteSigner,
  noteVerifier,
  parseNote,
  verifyNote,
} from '#crypto/signed-note.ts'
import { CrashingDisk } from '#kit/crashing-disk.ts'
import { quickClock } from '#kit/quick-clock.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk, type Disk } from '#system/disk.ts'
import { auditModes, type AuditMode, type WhenDamaged } from './config.ts'
import { openTrail, type TrailOptions } from './open.ts'
import { readEvents } from './read.ts'
import { segmentName } from './segment.ts'
import type { AuditEvent, AuditTrail } from './trail.ts'
import { verifyBook } from './verify.ts'

const signer = noteSigner('audit.example', ed25519PrivateKey(new Uint8Array(32).fill(5)))
const happened = (index: number): AuditEvent => ({ code: 'TEST_HAPPENED', detail: { index } })

test('trail: each mode keeps its promise when append returns', async () => {
  for (const mode of auditModes) {
    const disk = new CrashingDisk({ seed: 1 })
    const trail = await open(disk, mode)
    const before = (await disk.size('/a/writer/0000000001.segment')) ?? 0
    const done = trail.append([happened(0)])
    const grew = ((await disk.size('/a/writer/0000000001.segment')) ?? 0) > before
    assert.equal(grew, mode !== 'relaxed')
    assert.equal(done === undefined, mode !== 'durable')
    await done
    if (mode !== 'durable') await trail.flush()
    const after = disk.afterPowerCut()
    assert.deepEqual(await happenings(after), [0], mode)
  }
})

test('trail: many durable appends share a sync', async () => {
  let syncs = 0
  const disk = counting(new CrashingDisk({ seed: 1 }), () => syncs++)
  await using trail = await open(disk, 'durable')
  const before = syncs
  const appends = Array.from({ length: 500 }, async (_, index) => trail.append([happened(index)]))
  await Promise.all(appends)
  assert(syncs - before <= 3, `${syncs - before} syncs`)
})

test('trail: relaxed keeps no more in memory than its bound', async () => {
  const disk = new CrashingDisk({ seed: 1 })
  await using trail = await open(disk, 'relaxed', { limits: { relaxedBytesMax: 2000 } })
  for (let index = 0; index < 100; index++) assert.equal(trail.append([happened(index)]), undefined)
  const kept = (await disk.size('/a/writer/0000000001.segment')) ?? 0
  assert(kept > 100 * 80 - 2000, 'what exceeds the bound is handed over at once')
})

test('trail: once a write fails, every later append fails with the same error', async () => {
  for (const mode of auditModes) {
    const plan = new CrashingDisk({ seed: 1 })
    const counted = await open(plan, mode)
    const disk = new CrashingDisk({ seed: 1, fullAt: plan.operations + 3 })
    const trail = await open(disk, mode)
    const failures = new Set<unknown>()
    for (let index = 0; index < 50; index++) {
      try {
        await trail.append([happened(index)])
        if (mode === 'relaxed') await trail.flush()
      } catch (error) {
        failures.add(error)
      }
    }
    assert.equal(failures.size, 1, mode)
    const [failure] = [...failures] as [Error & { code: string }]
    assert.equal(failure.code, 'AUDIT_WRITE_FAILED')
    assert.match(failure.message, /full/)
    await assert.rejects(async () => trail.append([happened(0)]), failure)
    await assert.rejects(trail.flush(), failure)
    await assert.rejects(async () => trail[Symbol.asyncDispose](), failure)
    await counted[Symbol.asyncDispose]()
  }
})

test('trail: a failed sync in the background ends the book', async () => {
  const inner = new CrashingDisk({ seed: 1 })
  let broken = false
  const disk = counting(inner, () => {
    if (broken) throw new Error('input/output error')
  })
  const trail = await open(disk, 'written')
  broken = true
  assert.equal(trail.append([happened(0)]), undefined, 'handed over: the promise of this mode')
  await assert.rejects(trail.flush(), { code: 'AUDIT_WRITE_FAILED' })
  await assert.rejects(async () => trail.append([happened(1)]), { code: 'AUDIT_WRITE_FAILED' })
})

test('trail: an event that cannot be recorded harms no other', async () => {
  const disk = new CrashingDisk({ seed: 1 })
  const trail = await open(disk, 'written')
  await trail.append([happened(0)])
  assert.throws(() => trail.append([happened(1), { code: 'no', detail: {} }]), {
    code: 'AUDIT_EVENT_INVALID',
  })
  await trail.append([happened(2)])
  await trail[Symbol.asyncDispose]()
  assert.deepEqual(await happenings(disk), [0, 2])
})

test('trail: segments end by size and by age, and an append stays in one', async () => {
  const disk = new CrashingDisk({ seed: 1 })
  const clock = quickClock()
  const limits = { segmentBytesMax: 1500, segmentAgeMs: 60_000 }
  await using trail = await open(disk, 'written', { clock, limits })
  for (let index = 0; index < 20; index++) await trail.append([happened(index), happened(index)])
  const bySize = (await disk.list('/a/writer')).length
  assert(bySize > 2)
  await clock.sleep(60_000)
  await trail.append([happened(20)])
  assert.equal((await disk.list('/a/writer')).length, bySize + 1)
})

test('trail: what is new is signed within a second, and on closing', async () => {
  const disk = new CrashingDisk({ seed: 1 })
  const clock = quickClock()
  const trail = await open(disk, 'written', { clock, signer })
  await trail.append([happened(0)])
  await trail.flush()
  for (let turn = 0; turn < 200; turn++) await Promise.resolve()
  const verifiers = [noteVerifier(signer.verifierKey)]
  const read = async (): Promise<number> => {
    const note = parseNote(Buffer.from(await disk.read('/a/writer/checkpoint')).toString())
    verifyNote(note, verifiers)
    return parseCheckpoint(note.text).size
  }
  assert.equal(await read(), 2, 'the opening and what happened')
  await trail[Symbol.asyncDispose]()
  assert.equal(await read(), 3, 'and the closing')
})

test('trail: a damaged book is not opened, unless the operator says so', async () => {
  const disk = new CrashingDisk({ seed: 1 })
  const first = await open(disk, 'written', { signer })
  for (let index = 0; index < 10; index++) {
    await first.append([happened(index)])
    await first.flush()
  }
  await first[Symbol.asyncDispose]()
  const path = `/a/writer/${segmentName(1)}`
  const bytes = Buffer.from(await disk.read(path))
  bytes[bytes.length - 400] = bytes[bytes.length - 400]! ^ 1
  disk.plant(path, bytes)
  await assert.rejects(open(disk, 'written'), (error: Error & { code: string }) => {
    assert.equal(error.code, 'AUDIT_BOOK_DAMAGED')
    assert.match(error.message, /records \d+ to \d+ .*veilig audit verify/)
    return true
  })
  const trail = await open(disk, 'written', { signer, whenDamaged: 'continue' })
  await trail.append([happened(99)])
  await trail[Symbol.asyncDispose]()
  assert((await happenings(disk)).includes(99))
  const codes = await eventCodes(disk)
  assert(codes.includes('AUDIT_BOOK_DAMAGED'))
})

test('trail: a signed book whose newest segment was removed is not opened', async () => {
  const disk = new CrashingDisk({ seed: 1 })
  for (let run = 0; run < 3; run++)
    await (await open(disk, 'written', { signer }))[Symbol.asyncDispose]()
  disk.plant(`/a/writer/${segmentName(3)}`, undefined)
  await assert.rejects(open(disk, 'written', { signer }), { code: 'AUDIT_BOOK_DAMAGED' })
})

test('trail: two that open a book at the same moment do not mix', async () => {
  const disk = new CrashingDisk({ seed: 1 })
  const results = await Promise.allSettled([open(disk, 'written'), open(disk, 'written')])
  const refused = results.filter((result) => result.status === 'rejected')
  assert.deepEqual(
    refused.map(({ reason }) => (reason as { code: string }).code),
    ['AUDIT_BOOK_BUSY'],
  )
})

test('reader: follows a book while it is written, from any record on', async () => {
  const disk = new CrashingDisk({ seed: 1 })
  const clock = quickClock()
  const trail = await open(disk, 'written', { clock, limits: { segmentBytesMax: 1000 } })
  const stop = new AbortController()
  const seen: number[] = []
  const following = (async () => {
    const follow = { clock, signal: stop.signal }
    for await (const event of readEvents({
      folder: '/a',
      process: 'writer',
      disk,
      from: 21,
      follow,
    })) {
      seen.push(event.sequence)
      if (event.code === 'AUDIT_BOOK_CLOSED') stop.abort()
    }
  })()
  for (let index = 0; index < 60; index++) {
    await trail.append([happened(index)])
    for (let turn = 0; turn < 40; turn++) await Promise.resolve()
  }
  await trail[Symbol.asyncDispose]()
  await following
  assert.deepEqual(
    seen,
    Array.from({ length: 62 - 21 }, (_, index) => 21 + index),
  )
})

for (const mode of ['written', 'durable'] as const) {
  test(`trail: ${mode}: killed with SIGKILL, nothing told to be kept is lost`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'veilig-audit-'))
    try {
      for (let round = 0; round < 2; round++) {
        const told = await killedWriter(folder, mode, 300 * (round + 1))
        const indexes: number[] = []
        for await (const { code, detail } of readEvents({ folder, process: 'writer' })) {
          if (code === 'AUDIT_BOOK_OPENED') indexes.length = 0
          if (code === 'TEST_HAPPENED') indexes.push(Number(detail['index']))
        }
        assert((indexes.at(-1) ?? -1) >= told, `told ${told}, kept ${indexes.at(-1)}`)
        assert.deepEqual(
          indexes,
          Array.from(indexes, (_, index) => index),
        )
      }
      const clock = systemClock
      const options = { folder, process: 'writer', node: 'n1', mode, disk: systemDisk, clock }
      await (await openTrail(options))[Symbol.asyncDispose]()
      assert.deepEqual((await verifyBook({ folder, process: 'writer' })).findings, [])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}

/** Starts a writer, kills it after so many appends, and returns the last it told of. */
async function killedWriter(folder: string, mode: AuditMode, appends: number): Promise<number> {
  const program = new URL('../../test/kit/audit-writer.ts', import.meta.url).pathname
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const child = spawn(process.execPath, [program, folder, mode], { stdio: [...stdio] })
  const closed = once(child, 'close')
  let told = -1
  for await (const line of createInterface({ input: child.stdout })) {
    told = Number(line)
    if (told === appends) child.kill('SIGKILL')
  }
  await closed
  return told
}

function open(
  disk: Disk,
  mode: AuditMode,
  more: Partial<TrailOptions> & { whenDamaged?: WhenDamaged } = {},
): Promise<AuditTrail & AsyncDisposable> {
  const clock = quickClock()
  return openTrail({ folder: '/a', process: 'writer', node: 'n1', mode, disk, clock, ...more })
}

async function happenings(disk: Disk): Promise<number[]> {
  const indexes: number[] = []
  for await (const { code, detail } of readEvents({ folder: '/a', process: 'writer', disk }))
    if (code === 'TEST_HAPPENED') indexes.push(Number(detail['index']))
  return indexes
}

async function eventCodes(disk: Disk): Promise<string[]> {
  const codes: string[] = []
  for await (const { code } of readEvents({ folder: '/a', process: 'writer', disk }))
    codes.push(code)
  return codes
}

/** A disk that tells of every sync of an open file, before it is done. */
function counting(disk: CrashingDisk, onSync: () => void): CrashingDisk {
  const open = disk.openAppend.bind(disk)
  disk.openAppend = (name) => {
    const file = open(name)
    return {
      append: (bytes) => file.append(bytes),
      sync: async () => {
        onSync()
        await file.sync()
      },
      [Symbol.dispose]: () => file[Symbol.dispose](),
    }
  }
  return disk
}
