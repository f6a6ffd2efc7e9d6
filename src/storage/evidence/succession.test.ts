/** Keys of the evidence log take over from each other; whoever knows one of them follows. */
import assert from 'node:assert/strict'
import type { KeyObject } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { verifyBundle, type EvidenceBundle } from '#crypto/evidence-bundle.ts'
import { signMeasurement } from '#crypto/evidence.ts'
import { signSuccession } from '#crypto/key-succession.ts'
import { ed25519PrivateKey, noteSigner, type NoteSigner } from '#crypto/signed-note.ts'
import { CrashingDisk, PowerCut } from '#kit/crashing-disk.ts'
import { claims } from '#lib/claims/table.ts'
import { systemDisk } from '#system/disk.ts'
import { makeBundle } from './bundle.ts'
import type { EvidencePlace } from './files.ts'
import { EvidenceReader, type Seen } from './reader.ts'
import { EvidenceWriter, isSignedBy } from './writer.ts'

const keys = [1, 2, 3, 4].map((fill) => ed25519PrivateKey(new Uint8Array(32).fill(fill)))
const signers = keys.map((key) => noteSigner('test.example/evidence', key))
const [first, second, third, stranger] = signers as [NoteSigner, NoteSigner, NoteSigner, NoteSigner]
const TAKEOVER_MS = Date.parse('2026-11-24T05:00:00.000Z')
const base = await mkdtemp(join(tmpdir(), 'veilig-succession-'))
after(() => rm(base, { recursive: true, force: true }))
const place = (name: string): EvidencePlace => ({ disk: systemDisk, folder: join(base, name) })

function entry(endedMs: number, key: number): Uint8Array {
  const claim = claims[0]!
  const measurement = {
    claim: claim.id,
    outcome: 'pass' as const,
    findings: [{ code: 'NET_STRANGER_SILENT', values: { address: '127.0.0.2' } }],
    startedMs: endedMs,
    endedMs,
    runs: { count: 1, firstMs: endedMs },
    probeVersion: 1,
  }
  return signMeasurement(measurement, claim.sentence, keys[key] as KeyObject)
}

/** Bundles of a log before, between and after its two handovers. */
const bundles: EvidenceBundle[] = []
let seenFirst: Seen | undefined

before(async () => {
  const log = place('log')
  const reader = new EvidenceReader(log)
  const writer = await EvidenceWriter.open(log, first)
  for (const [number, heir] of [second, third, undefined].entries()) {
    await writer.append([entry(10 * number + 1, number), entry(10 * number + 2, number)])
    bundles.push(await makeBundle(log, await reader.refresh()))
    seenFirst ??= reader.seen
    if (heir) await writer.succeed(heir, TAKEOVER_MS + number)
  }
})

test('succession: who opened the log before, between or after reads all of it', async () => {
  for (const seen of [undefined, seenFirst]) {
    const view = await new EvidenceReader(place('log'), seen).refresh()
    assert.equal(view.checkpoint.size, 8)
    assert.equal(view.verifierKey, third.verifierKey)
    assert.deepEqual(
      view.keys.terms.map(({ from, sinceMs }) => [from, sinceMs]),
      [
        [0, undefined],
        [3, TAKEOVER_MS],
        [6, TAKEOVER_MS + 1],
      ],
    )
    assert.equal(view.records.get(claims[0]!.id)?.newest.index, 7)
  }
  assert.equal(await readFile(join(base, 'log/vkey'), 'utf8'), `${third.verifierKey}\n`)
})

test('succession: a former key signs nothing any more, not even in its own log', async () => {
  const log = place('late')
  const writer = await EvidenceWriter.open(log, first)
  await writer.append([entry(1, 0)])
  await writer.succeed(second, TAKEOVER_MS)
  await writer.append([entry(2, 0)])
  await assert.rejects(new EvidenceReader(log).refresh(), { code: 'EVIDENCE_FORGED' })
  await assert.rejects(EvidenceWriter.open(log, first), { code: 'NOTE_UNSIGNED' })
})

test('succession: who knew the key is not led to a key that it did not name', async () => {
  const log = place('usurped')
  const writer = await EvidenceWriter.open(log, first)
  await writer.append([entry(1, 0)])
  const reader = new EvidenceReader(log)
  await reader.refresh()
  await writer.append([Buffer.from(signSuccession(1, stranger, second, TAKEOVER_MS))])
  await writeFile(join(log.folder, 'keys'), `${first.verifierKey}\n1\n`)
  await assert.rejects(reader.refresh(), { code: 'SUCCESSION_BROKEN' })
  await writeFile(join(log.folder, 'keys'), `${stranger.verifierKey}\n1\n`)
  const code = /EVIDENCE_KEY_CHANGED|NOTE_UNSIGNED/
  await assert.rejects(reader.refresh(), code)
  await rm(join(log.folder, 'keys'))
  await assert.rejects(reader.refresh(), 'a handover that nothing points at is no evidence')
})

test('succession: a bundle is verified by whoever knows any key of its log', () => {
  const newest = JSON.stringify(bundles.at(-1))
  const of = (key?: string, earlier?: EvidenceBundle): ReturnType<typeof verifyBundle> =>
    verifyBundle(newest, key, earlier && JSON.stringify(earlier))
  for (const known of [undefined, first, second, third]) {
    const verified = of(known?.verifierKey)
    assert.equal(verified.keyId, verified.keys.newest.keyId)
    assert.equal(verified.keys.terms.length, 3)
  }
  for (const bundle of bundles) of(undefined, bundle)
  assert.throws(() => of(stranger.verifierKey), { code: 'EVIDENCE_FORGED' })
  assert.equal(bundles[0]?.successions, undefined, 'a log of one key has the bundle it had')
})

test('succession: a bundle whose line of keys was cut, turned or forged is refused', () => {
  const newest = bundles.at(-1)!
  const [one, two] = newest.successions ?? []
  assert(one && two)
  const forged = signSuccession(1, first, stranger, TAKEOVER_MS)
  const unsigned = Buffer.from(one.envelope, 'base64').toString().split('\n').slice(0, -2)
  const written = (text: string): string => Buffer.from(text).toString('base64')
  const changes: Readonly<Record<string, Partial<EvidenceBundle>>> = {
    cut: { successions: [one] },
    'without its beginning': { successions: [two] },
    turned: { successions: [two, one] },
    'at another place': { successions: [{ ...one, index: 3 }, two] },
    'to another heir': { successions: [{ ...one, envelope: written(forged) }, two] },
    'with one signature': {
      successions: [{ ...one, envelope: written(`${unsigned.join('\n')}\n`) }, two],
    },
  }
  for (const [name, change] of Object.entries(changes)) {
    assert.throws(() => verifyBundle(JSON.stringify({ ...newest, ...change })), Error, name)
  }
  const alone = JSON.stringify({ ...newest, successions: [] })
  assert.throws(() => verifyBundle(alone, first.verifierKey), { code: 'EVIDENCE_FORGED' })
})

test('succession: wherever the power fails, the log has one key or the other, whole', async () => {
  const outcomes = new Set<string>()
  for (let crashAt = 0, survived = false; !survived; crashAt++) {
    const calm = new CrashingDisk({ seed: 1 })
    const begun = await EvidenceWriter.open({ disk: calm, folder: '/log' }, first)
    await begun.append([entry(1, 0)])
    const disk = calm.afterPowerCut({ seed: crashAt, crashAt })
    survived = await turned({ disk, folder: '/log' })
    const log = { disk: disk.afterPowerCut(), folder: '/log' }
    const key = (await isSignedBy(log, second)) ? 1 : 0
    outcomes.add(`${survived} ${key}`)
    const writer = await EvidenceWriter.open(log, signers[key]!)
    await writer.append([entry(2, key), entry(3, key)])
    if (key === 0) await writer.succeed(second, TAKEOVER_MS)
    await writer.append([entry(4, 1)])
    const view = await new EvidenceReader(log).refresh()
    assert.deepEqual([view.checkpoint.size, view.keys.terms.length], [5, 2], `cut at ${crashAt}`)
  }
  assert.deepEqual([...outcomes].toSorted(), ['false 0', 'false 1', 'true 1'])
})

/** @returns Whether the key took over before the power failed. */
async function turned(log: EvidencePlace): Promise<boolean> {
  try {
    await (await EvidenceWriter.open(log, first)).succeed(second, TAKEOVER_MS)
    return true
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error
    return false
  }
}
