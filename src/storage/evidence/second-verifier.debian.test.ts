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

async function bundleOf(name: string, startMs: number, signing = key): Promise<EvidenceBundle> {
  const place = { disk: systemDisk, folder: join(base, name) }
  const own = noteSigner('test.example/evidence', signing)
  const writer = await EvidenceWriter.open(place, own)
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
    return signMeasurement(measurement, claim.sentence, signing)
  })
  await writer.append(entries)
  return makeBundle(place, await new EvidenceReader(place).refresh())
}

async function bothAccept(
  changed: EvidenceBundle,
  known = keyIdOf(key),
): Promise<readonly [boolean, boolean]> {
  const file = join(base, 'bundle')
  await writeFile(file, JSON.stringify(changed))
  const theirs = spawnSync('python3', [script, file, known], { encoding: 'utf8' })
  let ours = true
  try {
    verifyBundle(JSON.stringify(changed), known)
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

test('second verifier: follows from any key to the newest, and nowhere else', async () => {
  const place = { disk: systemDisk, folder: join(base, 'line') }
  const heirs = [7, 8].map((fill) => ed25519PrivateKey(new Uint8Array(32).fill(fill)))
  const then = await bundleOf('line', 0)
  let now = then
  for (const [at, heir] of heirs.entries()) {
    const before = noteSigner('test.example/evidence', [key, ...heirs][at]!)
    const writer = await EvidenceWriter.open(place, before)
    await writer.succeed(noteSigner('test.example/evidence', heir), at)
    now = await bundleOf('line', 1000 * (at + 1), heir)
  }
  for (const known of [key, ...heirs])
    assert.deepEqual(await bothAccept(now, keyIdOf(known)), [true, true])
  await writeFile(join(base, 'now'), JSON.stringify(now))
  await writeFile(join(base, 'then'), JSON.stringify(then))
  const files = [join(base, 'now'), '--earlier', join(base, 'then')]
  const { stdout, status } = spawnSync('python3', [script, ...files], { encoding: 'utf8' })
  assert.equal(status, 0)
  assert.match(
    stdout,
    /The first 300 entries are those of then[^]*took over from[^]*took over from/,
  )

  const [one, two] = now.successions ?? []
  assert(one && two)
  const note = Buffer.from(one.envelope, 'base64').toString()
  const written = (text: string): string => Buffer.from(text).toString('base64')
  const fork = await bundleOf('other-line', 5, heirs[1])
  const edits: Readonly<Record<string, Partial<EvidenceBundle>>> = {
    cut: { successions: [one] },
    'without its beginning': { successions: [two] },
    turned: { successions: [two, one] },
    'at another place': { successions: [{ ...one, index: 301 }, two] },
    'on another day': {
      successions: [{ ...one, envelope: written(note.replace('1970', '1971')) }, two],
    },
    'with one signature': {
      successions: [{ ...one, envelope: written(note.slice(0, note.lastIndexOf('—'))) }, two],
    },
    'of another log': { ...fork, successions: now.successions! },
  }
  for (const [name, edit] of Object.entries(edits))
    assert.deepEqual(
      await bothAccept({ ...now, ...edit }, keyIdOf(heirs[1]!)),
      [false, false],
      name,
    )
  const stranger = keyIdOf(ed25519PrivateKey(new Uint8Array(32).fill(9)))
  assert.deepEqual(await bothAccept(now, stranger), [false, false])
})
