/**
 * The seal before a witness that shares nothing with us: Python's standard library and OpenSSL,
 * written from C2SP tlog-witness alone. It signs what continues, and no other history.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openCheckpoint } from '#audit/book-files.ts'
import { verifyBook } from '#audit/verify.ts'
import type { Checkpoint } from '#crypto/checkpoint.ts'
import { noteSigner } from '#crypto/signed-note.ts'
import { openTestBook } from '#kit/detection.ts'
import { eventually } from '#kit/eventually.ts'
import { keyInFile } from '#kit/key-in-file.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { sealConfig } from './config.ts'
import { serveSeal } from './serve.ts'

const program = fileURLToPath(new URL('../../../test/kit/foreign-witness.py', import.meta.url))
const tools = [
  ['python3', '--version'],
  ['openssl', 'version'],
].every(([tool = '', option = '']) => spawnSync(tool, [option]).status === 0)
const skip = tools ? false : 'needs python3 and openssl'
const { privateKey } = generateKeyPairSync('ed25519')
const logKey = noteSigner('test/audit', privateKey).verifierKey

test(
  'seal: a foreign witness signs for the book, and for no other history of it',
  { skip },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'veilig-foreign-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const audit = join(folder, 'audit')
    const keyFile = join(folder, 'witness.pem')
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
    await writeFile(keyFile, pem)
    const child = spawn('python3', [program, 'far.example/witness', logKey, keyFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => child.kill())
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const [port = '', key = ''] = line.toString().trim().split(' ')

    const signed = (size: number): Promise<Checkpoint> =>
      eventually(`the witness to sign for ${size}`, async () => {
        const note = await readFile(join(folder, 'seal/writer/checkpoint'), 'utf8').catch(() => '')
        if (!note.includes('— far.example/witness ')) return undefined
        const checkpoint = openCheckpoint(note, [key])
        return checkpoint.size >= size ? checkpoint : undefined
      })
    const write = async (count: number, word: string): Promise<void> => {
      await using book = await openTestBook(audit, 'writer')
      for (let at = 0; at < count; at++)
        await book.append([{ code: 'TEST_HAPPENED', detail: { at, word } }])
    }
    const seal = async (trail: RecordingTrail): Promise<AsyncDisposable> => {
      const witnesses = [{ url: `http://127.0.0.1:${port}`, key }]
      return serveSeal(
        { ...sealConfig.parse({ intervalMs: 100 }), witnesses },
        {
          key: await keyInFile(join(folder, 'seal.key'), privateKey),
          disk: systemDisk,
          clock: systemClock,
          trail,
          audit,
          folder: join(folder, 'seal'),
          node: 'test',
          ask: async (url, question, body, signal) => {
            const answer = await fetch(`${url}/${question}`, { method: 'POST', body, signal })
            return { status: answer.status, body: await answer.text() }
          },
          complain: () => undefined,
        },
      )
    }

    let kept: Checkpoint
    {
      await using _seal = await seal(new RecordingTrail())
      await write(40, 'true')
      await signed(40)
      await write(300, 'true')
      kept = await signed(340)
    }
    const report = await verifyBook({ folder: audit, process: 'writer', trusted: [kept] })
    assert.deepEqual([report.findings, report.vouched], [[], kept.size])

    await rm(audit, { recursive: true })
    await rm(join(folder, 'seal/writer'), { recursive: true }) // and all that we remember of it
    await write(500, 'false')
    const trail = new RecordingTrail()
    await using _forged = await seal(trail)
    const refused = await eventually('the refusal', () => trail.of('SEAL_WITNESS')[0])
    assert.match(String(refused['state']), /^(refused|ahead)$/)
    const { findings } = await verifyBook({ folder: audit, process: 'writer', trusted: [kept] })
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['AUDIT_CHECKPOINT_MISMATCH'],
    )
  },
)
