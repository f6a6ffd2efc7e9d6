/** The evidence log on a real disk: it grows, reopens, and no change to it goes unnoticed. */
import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { packEntry, signMeasurement } from '#crypto/evidence.ts'
import { ed25519PrivateKey, noteSigner } from '#crypto/signed-note.ts'
import { claims } from '#lib/claims/table.ts'
import type { Outcome } from '#lib/claims/statement.ts'
import { systemDisk } from '#system/disk.ts'
import { EvidenceReader } from './reader.ts'
import { EvidenceWriter } from './writer.ts'

const base = await mkdtemp(join(tmpdir(), 'veilig-evidence-'))
after(() => rm(base, { recursive: true, force: true }))

const key = ed25519PrivateKey(new Uint8Array(32).fill(3))
const signer = noteSigner('test.example/evidence', key)
const claim = claims[0]!

function entry(endedMs: number, outcome: Outcome = 'pass'): Uint8Array {
  const measurement = {
    claim: claim.id,
    outcome,
    findings: [{ code: 'NET_STRANGER_SILENT', values: { address: '127.0.0.2' } }],
    startedMs: endedMs,
    endedMs,
    runs: { count: 1, firstMs: endedMs },
    probeVersion: 1,
  }
  return signMeasurement(measurement, claim.sentence, key)
}

const place = (name: string): { disk: typeof systemDisk; folder: string } => ({
  disk: systemDisk,
  folder: join(base, name),
})

async function grown(name: string, size: number): Promise<EvidenceWriter> {
  const writer = await EvidenceWriter.open(place(name), signer)
  const missing = Array.from({ length: size - writer.size }, (_, at) => writer.size + at)
  await writer.append(missing.map((at) => entry(1000 + at)))
  return writer
}

test('evidence log: what was appended is read back verified, over many tiles', async () => {
  const writer = await grown('long', 520)
  const reader = new EvidenceReader(place('long'))
  const view = await reader.refresh()
  assert.equal(view.checkpoint.size, 520)
  assert.deepEqual(view.checkpoint.root, writer.root())
  assert.equal(view.records.get(claim.id)?.newest.index, 519)
  await writer.append([entry(9000, 'fail')])
  const record = (await reader.refresh()).records.get(claim.id)
  assert.equal(record?.newest.measurement.outcome, 'fail')
  assert.equal(record.sinceMs, 9000)
  assert.equal(await reader.refresh(), await reader.refresh(), 'nothing new costs nothing')
})

test('evidence log: a writer opened again goes on where it was, with the same tree', async () => {
  for (const size of [1, 255, 256, 257]) {
    const name = `again-${size}`
    await grown(name, size)
    await grown(name, size + 1)
    const again = await grown(name, size + 2)
    const whole = await grown(`whole-${size}`, size + 2)
    assert.deepEqual(again.root(), whole.root(), `after ${size}`)
    await new EvidenceReader(place(name)).refresh()
  }
})

test('evidence log: no file of it can be changed or removed unseen', async () => {
  await grown('victim', 258)
  const files = readdirSync(join(base, 'victim'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => statSync(join(base, 'victim', file)).isFile(),
  )
  assert(files.length >= 7, files.join())
  for (const file of files.filter((name) => name !== 'vkey')) {
    for (const change of ['flip', 'cut', 'remove'] as const) {
      cpSync(join(base, 'victim'), join(base, 'hurt'), { recursive: true })
      hurt(join(base, 'hurt', file), change)
      const failed = await new EvidenceReader(place('hurt')).refresh().then(
        () => false,
        () => true,
      )
      // Level 1 is derived: the reader makes it from level 0 and never reads it.
      assert.equal(failed, !file.startsWith('tile/1'), `${change} ${file}`)
      rmSync(join(base, 'hurt'), { recursive: true })
    }
  }
})

function hurt(file: string, change: 'flip' | 'cut' | 'remove'): void {
  if (change === 'remove') return rmSync(file)
  const bytes = readFileSync(file)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  writeFileSync(file, change === 'cut' ? bytes.subarray(0, bytes.length - 1) : bytes)
}

test('evidence log: a log turned back, forked or signed anew is refused', async () => {
  await grown('old', 5)
  cpSync(join(base, 'old'), join(base, 'older'), { recursive: true })
  await grown('old', 9)
  const reader = new EvidenceReader(place('old'))
  await reader.refresh()
  const { seen } = reader
  assert(seen)
  const refused = (name: string, code: string): Promise<void> =>
    assert.rejects(new EvidenceReader(place(name), seen).refresh(), { code })
  await refused('older', 'EVIDENCE_ROLLED_BACK')
  const fork = await EvidenceWriter.open(place('older'), signer)
  await fork.append([5, 6, 7, 8, 9].map((at) => entry(5000 + at)))
  await refused('older', 'EVIDENCE_ROLLED_BACK')
  const other = noteSigner('test.example/evidence', ed25519PrivateKey(new Uint8Array(32).fill(4)))
  await EvidenceWriter.open(place('new'), other)
  await refused('new', 'EVIDENCE_KEY_CHANGED')
  await new EvidenceReader(place('old'), seen).refresh()
})

test('evidence log: an entry of another signer is refused, though the tree holds it', async () => {
  const writer = await grown('forged', 2)
  const liar = ed25519PrivateKey(new Uint8Array(32).fill(9))
  const measurement = {
    claim: claim.id,
    outcome: 'pass' as const,
    findings: [{ code: 'NET_STRANGER_SILENT', values: {} }],
    startedMs: 1,
    endedMs: 1,
    runs: { count: 1, firstMs: 1 },
    probeVersion: 1,
  }
  await writer.append([signMeasurement(measurement, claim.sentence, liar)])
  const reading = new EvidenceReader(place('forged')).refresh()
  await assert.rejects(reading, { code: 'EVIDENCE_FORGED' })
})

test('evidence log: genuine evidence in the place of other evidence is refused', async () => {
  await grown('replayed', 2)
  const other = Buffer.concat([packEntry(entry(7)), packEntry(entry(8))])
  writeFileSync(join(base, 'replayed/tile/entries/000.p/2'), other)
  const reading = new EvidenceReader(place('replayed')).refresh()
  await assert.rejects(reading, { code: 'EVIDENCE_ALTERED' })
})

test('evidence log: a writer refuses to go on from an altered log', async () => {
  await grown('altered', 3)
  hurt(join(base, 'altered/tile/entries/000.p/3'), 'flip')
  const opening = EvidenceWriter.open(place('altered'), signer)
  await assert.rejects(opening, { code: 'EVIDENCE_ALTERED' })
})
