/** Bundles: whole ones verify; any edit, other proof, other key or other sentence is refused. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { encodeCheckpoint } from '#crypto/checkpoint.ts'
import { verifyBundle, type EvidenceBundle } from '#crypto/evidence-bundle.ts'
import { keyIdOf } from '#crypto/dsse.ts'
import { signMeasurement } from '#crypto/evidence.ts'
import { MerkleTree } from '#crypto/merkle.ts'
import { ed25519PrivateKey, noteSigner, signNote } from '#crypto/signed-note.ts'
import { claims } from '#lib/claims/table.ts'
import { systemDisk } from '#system/disk.ts'
import { makeBundle } from './bundle.ts'
import { EvidenceReader } from './reader.ts'
import { EvidenceWriter } from './writer.ts'

const key = ed25519PrivateKey(new Uint8Array(32).fill(6))
let folder: string
let bundle: EvidenceBundle
/** Of the same log, when it had a hundred entries. */
let earlier: EvidenceBundle

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veilig-bundle-'))
  const place = { disk: systemDisk, folder }
  const writer = await EvidenceWriter.open(place, noteSigner('test.example/evidence', key))
  const entries = Array.from({ length: 300 }, (_, at) => {
    const claim = claims[at % claims.length]
    assert(claim)
    const measurement = {
      claim: claim.id,
      outcome: 'pass' as const,
      findings: [{ code: 'TLS_VERSION_WORKS', values: { version: 'TLS 1.3' } }],
      startedMs: at,
      endedMs: at,
      runs: { count: 1, firstMs: at },
      probeVersion: 1,
    }
    return signMeasurement(measurement, claim.sentence, key)
  })
  await writer.append(entries.slice(0, 100))
  earlier = await makeBundle(place, await new EvidenceReader(place).refresh())
  await writer.append(entries.slice(100))
  bundle = await makeBundle(place, await new EvidenceReader(place).refresh())
})
after(() => rm(folder, { recursive: true }))

function verify(change: Partial<EvidenceBundle>, trusted?: string): unknown {
  return verifyBundle(JSON.stringify({ ...bundle, ...change }), trusted)
}

test('bundle: a whole one verifies, and says by which key', () => {
  const verified = verifyBundle(JSON.stringify(bundle))
  assert.equal(verified.evidence.length, claims.length)
  assert.equal(verified.checkpoint.size, 300)
  assert.equal(verified.whole, true)
  assert.equal(verified.keyId, keyIdOf(key))
})

test('bundle: only the key one trusts is good enough, named in either way', () => {
  verify({}, keyIdOf(key))
  verify({}, bundle.vkey)
  assert.throws(() => verify({}, '00'.repeat(32)), { code: 'EVIDENCE_FORGED' })
  const other = noteSigner('test.example/evidence', ed25519PrivateKey(new Uint8Array(32)))
  assert.throws(() => verify({ vkey: other.verifierKey }), { code: 'NOTE_UNSIGNED' })
})

test('bundle: a changed entry, place, proof, sentence, leaf or checkpoint is refused', () => {
  const [first, second, ...rest] = bundle.entries
  assert(first && second)
  const flipped = Buffer.from(first.envelope, 'base64')
  flipped[flipped.length - 20]! ^= 1
  const leaves = Buffer.from(bundle.leaves ?? '', 'base64')
  leaves[5]! ^= 1
  const swapped = { ...bundle.sentences, 'tls.enforced': bundle.sentences['tls.versions']! }
  const changes: readonly Partial<EvidenceBundle>[] = [
    { entries: [{ ...first, envelope: flipped.toString('base64') }, second, ...rest] },
    { entries: [{ ...first, index: second.index }, second, ...rest] },
    { entries: [{ ...first, envelope: second.envelope }, second, ...rest] },
    { entries: [{ ...first, proof: first.proof.slice(1) }, second, ...rest] },
    { entries: [{ ...first, proof: second.proof }, second, ...rest] },
    { sentences: swapped },
    { sentences: {} },
    { leaves: leaves.toString('base64') },
    { leaves: leaves.subarray(32).toString('base64') },
    { checkpoint: bundle.checkpoint.replace('\n300\n', '\n299\n') },
  ]
  for (const [at, change] of changes.entries()) {
    assert.throws(() => verify(change), { name: /^(Integrity|Protocol)Error$/ }, `change ${at}`)
  }
})

test('bundle: whoever kept an earlier one sees a log that was rewritten and signed anew', () => {
  const check = (now: EvidenceBundle, then: EvidenceBundle): unknown =>
    verifyBundle(JSON.stringify(now), undefined, JSON.stringify(then))
  check(bundle, earlier)
  check(bundle, bundle)
  assert.throws(() => check(earlier, bundle), { code: 'EVIDENCE_ROLLED_BACK' }, 'cut short')
  const forked = (at: number): EvidenceBundle => {
    const leaves = Buffer.from(bundle.leaves ?? '', 'base64')
    leaves[at * 32]! ^= 1
    const tree = new MerkleTree()
    for (let from = 0; from < leaves.length; from += 32) tree.append(leaves, from)
    const origin = 'test.example/evidence'
    const text = encodeCheckpoint({ origin, size: tree.size, root: tree.root() })
    const checkpoint = signNote(text, [noteSigner(origin, key)])
    return { ...bundle, checkpoint, leaves: leaves.toString('base64'), entries: [] }
  }
  verifyBundle(JSON.stringify(forked(50)))
  for (const at of [0, 50, 99]) {
    assert.throws(() => check(forked(at), earlier), { code: 'EVIDENCE_ROLLED_BACK' }, `at ${at}`)
  }
  check(forked(100), earlier)
  const { leaves: _, ...without } = bundle
  assert.throws(() => check(without, earlier), { code: 'BUNDLE_INVALID' })
})

test('bundle: what is no bundle is refused with one of our codes', () => {
  for (const text of ['', '{}', 'null', '[]', JSON.stringify({ ...bundle, entries: [{}] })]) {
    assert.throws(() => verifyBundle(text), { code: 'BUNDLE_INVALID' })
  }
})
