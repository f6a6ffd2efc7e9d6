/**
 * The second verifier shares no code with us: Python's standard library and OpenSSL. Both must
 * accept what is whole and refuse every edit, deletion, reorder and fork.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { keyIdOf } from '#crypto/dsse.ts'
import { verifyBundle, type EvidenceBundle } from '#crypto/evidence-bundle.ts'
import { signMeasurement } from '#crypto/evidence.ts'
import { ed25519PrivateKey, noteSigner } from '#crypto/signed-note.ts'
import { claims } from '#lib/claims/table.ts'
import { systemDisk } from '#system/disk.ts'
import { makeBundle } from './bundle.ts'
import { EvidenceReader } from './reader.ts'
import { EvidenceWriter } from './writer.ts'

const script = fileURLToPath(new URL('../../../bin/verify-evidence.py', import.meta.url))
const key = ed25519PrivateKey(new Uint8Array(32).fill(6))
const signer = noteSigner('test.example/evidence', key)
const ENTRIES = 300
let base: string
let bundle: EvidenceBundle

before(async () => {
  for (const program of ['python3', 'openssl']) {
    assert.equal(spawnSync(program, ['--help']).error, undefined, `${program} is needed`)
  }
  base = await mkdtemp(join(tmpdir(), 'veilig-second-'))
  bundle = await bundleOf('whole', 0)
})
after(() => rm(base, { recursive: true }))

async function bundleOf(name: string, startMs: number): Promise<EvidenceBundle> {
  const place = { disk: systemDisk, folder: join(base, name) }
  const writer = await EvidenceWriter.open(place, signer)
  const entries = Array.from({ length: ENTRIES }, (_, at) => {
    const claim = claims[at % claims.length]
    assert(claim)
    const measurement = {
      claim: claim.id,
      outcome: 'pass' as const,
      findings: [{ code: 'COOKIE_PROTECTED', values: { name: 'é€😀"\\ \u0007' } }],
      startedMs: startMs + at,
      endedMs: startMs + at,
      runs: { count: 1, firstMs: startMs + at },
      probeVersion: 1,
    }
    return signMeasurement(measurement, claim.sentence, key)
  })
  await writer.append(entries)
  return makeBundle(place, await new EvidenceReader(place).refresh())
}

async function bothAccept(changed: EvidenceBundle): Promise<readonly [boolean, boolean]> {
  const file = join(base, 'bundle')
  await writeFile(file, JSON.stringify(changed))
  const theirs = spawnSync('python3', [script, file, keyIdOf(key)], { encoding: 'utf8' })
  let ours = true
  try {
    verifyBundle(JSON.stringify(changed), keyIdOf(key))
  } catch {
    ours = false
  }
  return [ours, theirs.status === 0]
}

test('second verifier: an earlier bundle is a witness against a history signed anew', async () => {
  const fork = await bundleOf('anew', 2)
  const files = { earlier: join(base, 'then'), now: join(base, 'now') }
  const status = async (now: EvidenceBundle, then: EvidenceBundle): Promise<number | null> => {
    await writeFile(files.now, JSON.stringify({ ...now, entries: now.entries.slice(0, 1) }))
    await writeFile(files.earlier, JSON.stringify(then))
    return spawnSync('python3', [script, files.now, '--earlier', files.earlier]).status
  }
  assert.equal(await status(bundle, bundle), 0)
  assert.equal(await status(fork, fork), 0, 'alone it is as good')
  assert.equal(await status(fork, bundle), 1)
})

test('second verifier: accepts what we made, and refuses the same edits as we do', async () => {
  assert.deepEqual(await bothAccept(bundle), [true, true])
  const fork = await bundleOf('fork', 1)
  const [first, second, ...rest] = bundle.entries
  assert(first && second)
  const leaves = Buffer.from(bundle.leaves ?? '', 'base64')
  const swapped = Buffer.concat([
    leaves.subarray(32, 64),
    leaves.subarray(0, 32),
    leaves.subarray(64),
  ])
  const edits: Readonly<Record<string, Partial<EvidenceBundle>>> = {
    'an entry of another': { entries: [{ ...first, envelope: second.envelope }, second, ...rest] },
    'an entry of a fork': { entries: fork.entries },
    'another place': { entries: [{ ...first, index: second.index }, second, ...rest] },
    'a deleted leaf': { leaves: leaves.subarray(32).toString('base64') },
    'reordered leaves': { leaves: swapped.toString('base64') },
    'leaves of a fork': { leaves: fork.leaves ?? '' },
    'a checkpoint of a fork': { checkpoint: fork.checkpoint },
    'a smaller checkpoint': { checkpoint: bundle.checkpoint.replace('\n300\n', '\n299\n') },
    'other sentences': {
      sentences: { ...bundle.sentences, [claims[0]?.id ?? '']: claims[1]!.sentence },
    },
    'another key': {
      vkey: noteSigner('test.example/evidence', ed25519PrivateKey(new Uint8Array(32))).verifierKey,
    },
  }
  for (const [name, edit] of Object.entries(edits)) {
    assert.deepEqual(await bothAccept({ ...bundle, ...edit }), [false, false], name)
  }
})
