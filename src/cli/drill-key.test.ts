/** The key of receipts changes; what was signed stays, and a former key makes no new ones. */
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readLine } from '#crypto/key-succession.ts'
import { openReceipt, receiptKeys, signReceipt, type VerifyReceipt } from '#crypto/receipt.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { systemClock } from '#system/clock.ts'
import { wantHeir } from '#system/successive-key.ts'
import { drillKey, drillKeys, ensureDrillKey, followDrillKey } from './drill-key.ts'
import { pathsIn } from './paths.ts'
import { keptReceipts } from './receipts.ts'

const LATE_MS = 120_000

function receipt(endedMs: number): VerifyReceipt {
  const found = { regions: ['a'], objects: 1, bytes: 1, backups: [] }
  return { kind: 'verify', passed: true, failures: [], startedMs: endedMs, endedMs, ...found }
}

test('receipt key: another takes over, and every receipt there is stays one', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-receipt-key-'))
  t.after(() => rm(folder, { recursive: true }))
  const paths = pathsIn(folder)
  const trail = new RecordingTrail()
  const context = { paths, clock: systemClock, trail }
  const places = keptReceipts(paths, [])
  await ensureDrillKey(paths)
  const before = await drillKey(paths)
  const firstPem = await readFile(paths.secret('prober', 'drill-receipt.pub'))
  const nowMs = Date.now()
  const old = signReceipt(receipt(nowMs), before)
  {
    await using _following = await followDrillKey(context, places)
    for (const _ of [1, 2]) await wantHeir(paths.secret('drill', 'receipt.key'), systemClock)
  }
  const keys = await drillKeys(paths)
  assert.equal(keys.length, 3)
  assert.equal(openReceipt(old, keys).endedMs, nowMs)
  const later = signReceipt(receipt(nowMs + LATE_MS), await drillKey(paths))
  assert.equal(openReceipt(later, keys).passed, true)
  const stolen = signReceipt(receipt(nowMs + LATE_MS), before)
  assert.throws(() => openReceipt(stolen, keys), { code: 'EVIDENCE_FORGED' })
  assert.equal(trail.of('KEY_SUCCEEDED').length, 2)

  // A stranger has the first key and what lies beside the receipts.
  const notes: string[] = []
  for await (const { name, bytes } of places.all())
    if (name.endsWith('-key')) notes.push(Buffer.from(bytes).toString())
  const followed = receiptKeys(readLine(notes.join('')), createPublicKey(firstPem))
  assert.equal(openReceipt(later, followed).endedMs, nowMs + LATE_MS)
})

test('receipt key: a takeover that was cut short after its note is finished', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-receipt-key-'))
  t.after(() => rm(folder, { recursive: true }))
  const paths = pathsIn(folder)
  const context = { paths, clock: systemClock, trail: new RecordingTrail() }
  const file = paths.secret('drill', 'receipt.key')
  await ensureDrillKey(paths)
  const kept = join(folder, 'before')
  await copyFile(file, kept)
  {
    await using _following = await followDrillKey(context, keptReceipts(paths, []))
    await wantHeir(file, systemClock)
  }
  await copyFile(file, `${file}.next`)
  await copyFile(kept, file)
  await using _again = await followDrillKey(context, keptReceipts(paths, []))
  const signed = signReceipt(receipt(Date.now() + LATE_MS), await drillKey(paths))
  assert.equal(openReceipt(signed, await drillKeys(paths)).passed, true)
})
