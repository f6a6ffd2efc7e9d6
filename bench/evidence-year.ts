/**
 * A year of evidence at its real size: what both verifiers take for it, what the page takes to open
 * it, and whether every edit, deletion, reorder and fork of it is detected by each. The newest
 * entries are signed one by one; the older ones repeat a few thousand signed before, which neither
 * hashing nor a verifier can tell, so that the year is made in a minute.
 *
 * `npm run bench -- evidence-year`. VEILIG_DAYS (365), VEILIG_CHANGES (3 of each kind), VEILIG_SEED.
 */
import { spawnSync } from 'node:child_process'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { verifyBundle, type EvidenceBundle } from '#crypto/evidence-bundle.ts'
import { encodeCheckpoint } from '#crypto/checkpoint.ts'
import { signMeasurement } from '#crypto/evidence.ts'
import { MerkleTree } from '#crypto/merkle.ts'
import { ed25519PrivateKey, noteSigner, signNote } from '#crypto/signed-note.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { mulberry32 } from '#kit/random.ts'
import { DAY_MS } from '#lib/claims/claim.ts'
import { claims } from '#lib/claims/table.ts'
import { makeBundle } from '#storage/evidence/bundle.ts'
import { EvidenceReader } from '#storage/evidence/reader.ts'
import { EvidenceWriter } from '#storage/evidence/writer.ts'
import { systemDisk, type Disk } from '#system/disk.ts'
import { cpuSecondsWithEnded, emit } from './kit/bench.ts'

const DAYS = Number(process.env['VEILIG_DAYS'] ?? 365)
const CHANGES = Number(process.env['VEILIG_CHANGES'] ?? 3)
const SEED = Number(process.env['VEILIG_SEED'] ?? 6)
const MIB = 2 ** 20
const HASH = 32
const BATCH = 8192
/** How often within its bound the notary renews what stays the same. */
const RENEWALS = 3

const random = mulberry32(SEED)
const key = ed25519PrivateKey(new Uint8Array(32).fill(6))
const signer = noteSigner('trust.example/evidence', key)
const veilig = fileURLToPath(new URL('../bin/veilig', import.meta.url))
const script = fileURLToPath(new URL('../bin/verify-evidence.py', import.meta.url))
const say = (metric: string, value: number, unit: string): void =>
  emit({ bench: 'evidence-year', subject: `${DAYS} days`, metric, value, unit })

await using stack = new AsyncDisposableStack()
const base = await temporaryFolder('year')
stack.defer(() => rm(base, { recursive: true, force: true }))
const place = { disk: systemDisk, folder: join(base, 'evidence') }
const bundleFile = join(base, 'evidence.bundle')
const earlierFile = join(base, 'earlier.bundle')

/** When which claim is signed, the oldest first: as the notary does while nothing changes. */
function* schedule(): Generator<{ readonly at: number; readonly ms: number }> {
  const nowMs = Date.now()
  const fromMs = nowMs - DAYS * DAY_MS
  const next = claims.map((_, at) => fromMs + at * 250)
  for (;;) {
    let at = 0
    for (let other = 1; other < next.length; other++) if (next[other]! < next[at]!) at = other
    const ms = next[at]!
    if (ms > nowMs) return
    yield { at, ms }
    next[at] = ms + claims[at]!.boundMs / RENEWALS
  }
}

function entryOf(at: number, ms: number): Uint8Array {
  const claim = claims[at]!
  const values = { version: 'TLS 1.3', suite: 'TLS_AES_256_GCM_SHA384' }
  const findings = [1, 2, 3].map(() => ({ code: 'TLS_VERSION_WORKS', values }))
  const times = { startedMs: ms - 200, endedMs: ms, runs: { count: 15, firstMs: ms - 290_000 } }
  const measurement = { claim: claim.id, outcome: 'pass' as const, findings, ...times }
  return signMeasurement({ ...measurement, probeVersion: 1 }, claim.sentence, key)
}

const events = [...schedule()]
const POOL = 4001
const SIGNED_APART = 10_000
const pool = events.slice(0, POOL).map(({ at, ms }) => entryOf(at, ms))
/** A notary waits until each file is safe; a year is not made anew if this one is not. */
const disk: Disk = {
  ...systemDisk,
  replace: async (name, bytes) => {
    await mkdir(dirname(name), { recursive: true })
    await writeFile(name, bytes)
  },
}
const writer = await EvidenceWriter.open({ ...place, disk }, signer)
const builtFromMs = performance.now()
let batch: Uint8Array[] = []
for (const [number, { at, ms }] of events.entries()) {
  const isNew = number >= events.length - SIGNED_APART
  batch.push(isNew ? entryOf(at, ms) : pool[number % POOL]!)
  if (batch.length < BATCH) continue
  await writer.append(batch)
  batch = []
  if (writer.size === BATCH * 2) await keepBundle(earlierFile)
}
await writer.append(batch)
say('entries', writer.size, 'entries')
say('to make', (performance.now() - builtFromMs) / 1000, 's')

async function keepBundle(file: string): Promise<EvidenceBundle> {
  const bundle = await makeBundle(place, await new EvidenceReader(place).refresh())
  await writeFile(file, JSON.stringify(bundle))
  return bundle
}

const openedFromMs = performance.now()
const view = await new EvidenceReader(place).refresh()
say('the page opens the log', (performance.now() - openedFromMs) / 1000, 's')
const madeFromMs = performance.now()
const made = JSON.stringify(await makeBundle(place, view))
say('the page makes the bundle', (performance.now() - madeFromMs) / 1000, 's')
await writeFile(bundleFile, made)
say('bundle', (await stat(bundleFile)).size / MIB, 'MiB')
const whole = JSON.parse(made) as EvidenceBundle

type Verifier = readonly [name: string, command: readonly string[]]
const verifiers: readonly Verifier[] = [
  ['veilig trust verify', [veilig, 'trust', 'verify']],
  ['verify-evidence.py', ['python3', script]],
]

for (const [name, [program = '', ...args]] of verifiers) {
  for (const more of [[], ['--earlier', earlierFile]]) {
    const fromMs = performance.now()
    const fromCpu = cpuSecondsWithEnded([])
    const { status } = spawnSync(program, [...args, bundleFile, ...more], { stdio: 'ignore' })
    if (status !== 0) throw new Error(`${name} refuses what is whole`)
    const how = more.length > 0 ? `${name} --earlier` : name
    say(how, (performance.now() - fromMs) / 1000, 's')
    say(`${how}, CPU`, cpuSecondsWithEnded([]) - fromCpu, 's')
  }
}

const earlierText = await readFile(earlierFile, 'utf8')
const leaves = Buffer.from(whole.leaves ?? '', 'base64')
const size = leaves.length / HASH
const below = (limit: number): number => Math.floor(random() * limit)

/** As the holder of the key would, who rewrites his own log and signs it anew. */
function signed(bytes: Buffer): Partial<EvidenceBundle> {
  const tree = new MerkleTree()
  for (let at = 0; at < bytes.length; at += HASH) tree.append(bytes, at)
  const text = encodeCheckpoint({ origin: signer.name, size: tree.size, root: tree.root() })
  const checkpoint = signNote(text, [signer])
  return { checkpoint, leaves: bytes.toString('base64'), entries: [] }
}

function edited(at: number): Buffer {
  const copy = Buffer.from(leaves)
  copy[at * HASH + below(HASH)]! ^= 1 << below(8)
  return copy
}

function without(at: number): Buffer {
  return Buffer.concat([leaves.subarray(0, at * HASH), leaves.subarray((at + 1) * HASH)])
}

function swapped(at: number): Buffer {
  const [a, b] = [leaves.subarray(at * HASH, (at + 1) * HASH), leaves.subarray((at + 1) * HASH)]
  const next = b.subarray(0, HASH)
  return Buffer.concat([leaves.subarray(0, at * HASH), next, a, b.subarray(HASH)])
}

const encode = (bytes: Buffer): Partial<EvidenceBundle> => ({ leaves: bytes.toString('base64') })
/** A place that the earlier bundle covers: what was rewritten before it was made, nobody can see. */
const witnessed = (): number => below(2 * BATCH)
const kinds: Readonly<Record<string, () => Partial<EvidenceBundle>>> = {
  'a measurement edited': () => encode(edited(below(size))),
  'a measurement deleted': () => encode(without(below(size))),
  'two measurements reordered': () => encode(swapped(below(size - 1))),
  'a measurement of another log': () => ({ entries: forged() }),
  'a fork, signed anew': () => signed(edited(witnessed())),
  'deleted, and signed anew': () => signed(without(witnessed())),
  'reordered, and signed anew': () => signed(swapped(witnessed())),
  'cut short, and signed anew': () => signed(leaves.subarray(0, BATCH * HASH)),
}

function forged(): EvidenceBundle['entries'] {
  const [first, ...rest] = whole.entries
  if (!first) return []
  const bytes = Buffer.from(first.envelope, 'base64')
  bytes[below(bytes.length)]! ^= 1
  return [{ ...first, envelope: bytes.toString('base64') }, ...rest]
}

for (const [kind, change] of CHANGES > 0 ? Object.entries(kinds) : []) {
  const detected = { ours: 0, theirs: 0 }
  for (let run = 0; run < CHANGES; run++) {
    const text = JSON.stringify({ ...whole, ...change() })
    const file = join(base, 'changed.bundle')
    await writeFile(file, text)
    if (isRefused(text)) detected.ours++
    const args = [script, file, '--earlier', earlierFile]
    if (spawnSync('python3', args, { stdio: 'ignore' }).status !== 0) detected.theirs++
  }
  say(`${kind}, detected by ours`, (100 * detected.ours) / CHANGES, '%')
  say(`${kind}, detected by the second`, (100 * detected.theirs) / CHANGES, '%')
}

function isRefused(text: string): boolean {
  try {
    verifyBundle(text, undefined, earlierText)
    return false
  } catch {
    return true
  }
}
