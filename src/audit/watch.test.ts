/** A watched book is read where it grew, and a change of what was read before is found too. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ed25519PrivateKey, noteSigner } from '#crypto/signed-note.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk, type Disk } from '#system/disk.ts'
import { openTrail } from './open.ts'
import { BookWatch } from './watch.ts'

const folder = await mkdtemp(join(tmpdir(), 'veilig-watch-'))
after(() => rm(folder, { recursive: true }))
const signer = noteSigner('watch', ed25519PrivateKey(new Uint8Array(32).fill(5)))
const HOUR_MS = 3_600_000

test('watch: only what is new is read, and every change of what is old is found', async () => {
  const common = { folder, process: 'writer', disk: systemDisk, clock: systemClock, signer }
  const limits = { segmentBytesMax: 4_096 }
  const trail = await openTrail({ ...common, node: 'n', mode: 'written', limits })
  const say = (count: number): void => {
    for (let n = 0; n < count; n++) void trail.append([{ code: 'SAID', detail: { n } }])
  }
  let read = 0
  let lying: ReadonlyMap<string, string> = new Map()
  const disk: Disk = {
    ...systemDisk,
    readRange: async (name, start, length) => {
      const bytes = await systemDisk.readRange(name, start, length)
      read += bytes.length
      return bytes
    },
    stamp: async (name) => lying.get(name) ?? systemDisk.stamp(name),
  }
  const clock = { ...systemClock, monotonicMs: () => nowMs }
  let nowMs = 0
  const watch = new BookWatch({ folder, process: 'writer', disk, clock, wholeEveryMs: HOUR_MS })

  say(400)
  await trail.flush()
  const first = await watch.verify()
  assert.deepEqual(first.findings, [])
  const readFirst = read
  assert(first.segments > 8)

  say(20)
  await trail.flush()
  read = 0
  const second = await watch.verify()
  assert.deepEqual(second.findings, [])
  assert.equal(second.records, first.records + 20)
  assert(read < readFirst / 3, `${read} of ${readFirst} bytes were read again`)
  assert(second.segments >= first.segments)

  const victim = join(folder, 'writer', '0000000002.segment')
  const whole = await readFile(victim)
  const stamp = (await systemDisk.stamp(victim)) ?? ''
  const altered = Buffer.from(whole)
  altered[altered.length - 60] = altered[altered.length - 60]! ^ 1
  await writeFile(victim, altered)
  const third = await watch.verify()
  assert(third.findings.some(({ file }) => file === '0000000002.segment'))
  assert((await watch.verify()).findings.length > 0, 'and found again while it is there')

  await writeFile(victim, whole)
  assert.deepEqual((await watch.verify()).findings, [])

  // Who owns the machine makes a changed file look unchanged: until everything is read again.
  lying = new Map([[victim, stamp]])
  assert.deepEqual((await watch.verify()).findings, [])
  await writeFile(victim, altered)
  assert.deepEqual((await watch.verify()).findings, [], 'looks unchanged')
  nowMs += HOUR_MS
  assert((await watch.verify()).findings.length > 0, 'read again')
  await trail[Symbol.asyncDispose]()
})
