/** The seal and its witnesses: real books, a real witness, and root with every key there is. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openCheckpoint } from '#audit/book-files.ts'
import { openTrail } from '#audit/open.ts'
import { verifyBook } from '#audit/verify.ts'
import { encodeCheckpoint } from '#crypto/checkpoint.ts'
import { signSuccession } from '#crypto/key-succession.ts'
import { cosigner, noteSigner, signNote } from '#crypto/signed-note.ts'
import { encodeAddCheckpoint } from '#crypto/witness-message.ts'
import { eventually } from '#kit/eventually.ts'
import { keyInFile } from '#kit/key-in-file.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import type { AuditTrail } from '#audit/trail.ts'
import { serveWitness, type RunningWitness } from '#services/witness/serve.ts'
import { witnessConfig } from '#services/witness/config.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { wantHeir } from '#system/successive-key.ts'
import { sealConfig } from './config.ts'
import type { AskWitness } from './ports.ts'
import { sealKeysIn } from './seal-key.ts'
import { serveSeal } from './serve.ts'

const sealKey = keyPair()
const witnessKey = keyPair()
const logKey = noteSigner('n1/audit', sealKey).verifierKey
const ORIGIN = 'n1/audit/writer'

function keyPair(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey
}

async function folderOf(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-seal-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

function book(folder: string): Promise<AuditTrail & AsyncDisposable> {
  return openTrail({
    folder: join(folder, 'audit'),
    process: 'writer',
    node: 'n1',
    mode: 'written',
    disk: systemDisk,
    clock: systemClock,
    limits: { segmentBytesMax: 20_000 },
  })
}

async function write(trail: AuditTrail, count: number, word: string): Promise<void> {
  for (let index = 0; index < count; index++)
    await trail.append([{ code: 'TEST_HAPPENED', detail: { index, word } }])
  await trail.flush()
}

async function startWitness(folder: string, port = 0): Promise<RunningWitness> {
  return serveWitness(
    { ...witnessConfig.parse({}), name: 'far/witness', port, logs: [logKey] },
    {
      privateKey: witnessKey,
      disk: systemDisk,
      folder: join(folder, 'witness'),
      clock: systemClock,
      trail: new RecordingTrail(),
    },
  )
}

const ask: AskWitness = async (url, question, body, signal) => {
  const answer = await fetch(`${url}/${question}`, { method: 'POST', body, signal })
  return { status: answer.status, body: await answer.text() }
}

async function startSeal(
  folder: string,
  { port, verifierKey: key }: Pick<RunningWitness, 'port' | 'verifierKey'>,
): Promise<AsyncDisposable & { readonly trail: RecordingTrail }> {
  const trail = new RecordingTrail()
  const witnesses = [{ url: `http://127.0.0.1:${port}`, key }]
  const seal = await serveSeal(
    { ...sealConfig.parse({ intervalMs: 100 }), witnesses },
    {
      key: await keyInFile(join(folder, 'seal.key'), sealKey),
      disk: systemDisk,
      clock: systemClock,
      trail,
      audit: join(folder, 'audit'),
      folder: join(folder, 'seal'),
      node: 'n1',
      ask,
      complain: () => undefined,
    },
  )
  return { trail, [Symbol.asyncDispose]: () => seal[Symbol.asyncDispose]() }
}

async function latest({ port }: Pick<RunningWitness, 'port'>): Promise<string | undefined> {
  const answer = await fetch(`http://127.0.0.1:${port}/checkpoint?origin=${ORIGIN}`)
  return answer.ok ? answer.text() : undefined
}

/** The witness's word, once it stands for so many records. */
function signedFor(witness: RunningWitness, size: number): Promise<string> {
  return eventually(`the witness to sign for ${size}`, async () => {
    const note = await latest(witness)
    return note && openCheckpoint(note, [witness.verifierKey]).size >= size ? note : undefined
  })
}

test('seal: a book rewritten by root passes by itself, not before the witness', async (t) => {
  const folder = await folderOf(t)
  await using witness = await startWitness(folder)
  {
    await using trail = await book(folder)
    await using _seal = await startSeal(folder, witness)
    await write(trail, 400, 'true')
    await signedFor(witness, 401)
  }
  const note = await latest(witness)
  const kept = openCheckpoint(note ?? '', [witness.verifierKey])
  const audit = join(folder, 'audit')
  const honest = await verifyBook({ folder: audit, process: 'writer', trusted: [kept] })
  assert.deepEqual(honest.findings, [])
  assert.equal(honest.vouched, kept.size)

  await rm(audit, { recursive: true })
  {
    await using forged = await book(folder) // every hash and every header made anew
    await write(forged, 400, 'false')
  }
  const alone = await verifyBook({ folder: audit, process: 'writer' })
  assert.deepEqual(alone.findings, [], 'the chain alone says nothing')
  const { findings } = await verifyBook({ folder: audit, process: 'writer', trusted: [kept] })
  assert.deepEqual(
    findings.map(({ code, last }) => [code, last]),
    [['AUDIT_CHECKPOINT_MISMATCH', kept.size - 1]],
  )
  await using seal = await startSeal(folder, witness)
  const [broken] = await eventually('the seal to tell', () => {
    const told = seal.trail.of('SEAL_BROKEN')
    return told.length > 0 ? told : undefined
  })
  assert.deepEqual(broken, { process: 'writer', reason: 'SEAL_BOOK_REWRITTEN' })
  assert.equal(await latest(witness), note, 'and signs nothing of it')
})

test('seal: root with its key cannot make the witness forget or fork', async (t) => {
  const folder = await folderOf(t)
  await using witness = await startWitness(folder)
  {
    await using trail = await book(folder)
    await using _seal = await startSeal(folder, witness)
    await write(trail, 30, 'true')
    await signedFor(witness, 31)
  }
  const note = (await latest(witness)) ?? ''
  const { size, root } = openCheckpoint(note, [witness.verifierKey])
  const signer = noteSigner('n1/audit', sealKey)
  const add = async (oldSize: number, of: number, hash: Uint8Array): Promise<number> => {
    const text = encodeCheckpoint({ origin: ORIGIN, size: of, root: hash })
    const request = { oldSize, proof: [], note: signNote(text, [signer]) }
    const signal = AbortSignal.timeout(10_000)
    const place = `http://127.0.0.1:${witness.port}`
    return (await ask(place, 'add-checkpoint', encodeAddCheckpoint(request), signal)).status
  }
  const other = Uint8Array.from(root, (byte) => byte ^ 1)
  assert.equal(await add(size, size, root), 200, 'what it has signed it signs again')
  assert.equal(await add(size, size, other), 409, 'a fork')
  assert.equal(await add(size, size + 1, other), 422, 'a growth without proof')
  assert.equal(await add(0, 5, other), 409, 'a beginning anew')
  assert.equal(await add(size, size - 1, root), 400, 'a truncation')
  assert.equal(await latest(witness).then((now) => openCheckpoint(now ?? '', [logKey]).size), size)
})

test('seal: a witness that was away is brought up to date, after restarts too', async (t) => {
  const folder = await folderOf(t)
  await using trail = await book(folder)
  let port = 0
  {
    await using witness = await startWitness(folder)
    port = witness.port
    await using _seal = await startSeal(folder, witness)
    await write(trail, 10, 'true')
    await signedFor(witness, 11)
  }
  await write(trail, 700, 'away')
  await using witness = await startWitness(folder, port)
  await using _seal = await startSeal(folder, witness)
  const note = await signedFor(witness, 711)
  const kept = openCheckpoint(note, [witness.verifierKey])
  const audit = join(folder, 'audit')
  const report = await verifyBook({ folder: audit, process: 'writer', trusted: [kept] })
  assert.deepEqual(report.findings, [])
  assert.equal(report.vouched, kept.size)
})

test('seal: a book cut back to an earlier copy, or gone, is told', async (t) => {
  const folder = await folderOf(t)
  await using witness = await startWitness(folder)
  const audit = join(folder, 'audit')
  const copy = join(folder, 'copy')
  {
    await using trail = await book(folder)
    await write(trail, 10, 'true')
    await cp(audit, copy, { recursive: true })
    await using _seal = await startSeal(folder, witness)
    await write(trail, 10, 'true')
    await signedFor(witness, 21)
  }
  await rm(audit, { recursive: true })
  await cp(copy, audit, { recursive: true })
  const kept = openCheckpoint((await latest(witness)) ?? '', [witness.verifierKey])
  const { findings } = await verifyBook({ folder: audit, process: 'writer', trusted: [kept] })
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['AUDIT_BOOK_TRUNCATED'],
  )
  await using seal = await startSeal(folder, witness)
  await eventually('the seal to tell', () => seal.trail.of('SEAL_BROKEN')[0])
  assert.equal(seal.trail.of('SEAL_BROKEN')[0]?.['reason'], 'SEAL_BOOK_TRUNCATED')
})

test('seal: another key takes over, the witness follows, the former signs no more', async (t) => {
  const folder = await folderOf(t)
  const keyFile = join(folder, 'seal.key')
  await using trail = await book(folder)
  let witness = await startWitness(folder)
  const { port } = witness
  const seal = await startSeal(folder, witness)
  await write(trail, 10, 'true')
  await signedFor(witness, 11)
  for (const _ of [1, 2]) await wantHeir(keyFile, systemClock)
  await write(trail, 10, 'after')
  const note = await signedFor(witness, 21)
  await seal[Symbol.asyncDispose]()

  const keys = await sealKeysIn(join(folder, 'seal'))
  assert.equal(keys.length, 3)
  assert.throws(() => openCheckpoint(note, [logKey]), { code: 'NOTE_UNSIGNED' })
  const { size, root } = openCheckpoint(note, keys.slice(0, 1))
  const text = encodeCheckpoint({ origin: ORIGIN, size, root })
  const former = signNote(text, [noteSigner('n1/audit', sealKey)])
  const body = encodeAddCheckpoint({ oldSize: size, proof: [], note: former })
  const place = `http://127.0.0.1:${port}`
  const asked = (question: 'add-checkpoint' | 'add-key', said: string): Promise<number> =>
    ask(place, question, said, AbortSignal.timeout(10_000)).then(({ status }) => status)
  assert.equal(await asked('add-checkpoint', body), 403)
  const own = noteSigner('n1/audit', keyPair())
  const others = signSuccession(1, own, noteSigner('n1/audit', keyPair()), 0)
  assert.equal(await asked('add-key', others), 403, 'a key that it does not know')
  assert.equal(await asked('add-key', 'no note'), 400)

  // Both start again, each with what it keeps: the witness was given the first key only.
  await witness[Symbol.asyncDispose]()
  witness = await startWitness(folder, port)
  await using again = await startSeal(folder, witness)
  await write(trail, 10, 'again')
  await signedFor(witness, 31)
  assert.deepEqual(again.trail.of('SEAL_BROKEN'), [])
  await witness[Symbol.asyncDispose]()
})

test('seal: while a witness does not follow the key stays, and it is told once', async (t) => {
  const folder = await folderOf(t)
  const keyFile = join(folder, 'seal.key')
  await using trail = await book(folder)
  const refusing = createServer((_, response) => response.writeHead(404).end())
  refusing.listen(0, '127.0.0.1')
  await once(refusing, 'listening')
  t.after(() => refusing.close())
  const { port } = refusing.address() as AddressInfo
  const { verifierKey } = cosigner('far/witness', witnessKey, 0)
  const seal = await startSeal(folder, { port, verifierKey })
  await write(trail, 10, 'true')
  const waiting = wantHeir(keyFile, { ...systemClock, monotonicMs: quick() })
  await assert.rejects(waiting, { code: 'KEY_NOT_TAKEN' })
  await eventually('the operator to be told', () => seal.trail.of('SEAL_KEY_KEPT')[0])
  await seal[Symbol.asyncDispose]() // what it was about to do is done
  assert.deepEqual(await sealKeysIn(join(folder, 'seal')), [logKey])
  assert.deepEqual(seal.trail.of('KEY_SUCCEEDED'), [])
})

/** A clock by which patience ends after some looks. */
function quick(): () => number {
  let nowMs = 0
  return () => (nowMs += 5_000)
}
