/** The disk that tests the others is itself tested: it keeps what was synced, and tears the rest. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CrashingDisk, PowerCut } from './crashing-disk.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (array: Uint8Array): string => new TextDecoder().decode(array)

test('crashing disk: what was synced survives, of the rest a prefix with at most one bad byte', async () => {
  const seen = new Set<string>()
  for (let seed = 0; seed < 200; seed++) {
    const disk = new CrashingDisk({ seed })
    const file = disk.openAppend('/a/book')
    file.append(bytes('kept'))
    await file.sync()
    file.append(bytes('lost'))
    const found = text(await disk.afterPowerCut().read('/a/book'))
    assert(found.startsWith('kept'))
    seen.add(found)
  }
  for (const prefix of ['kept', 'keptlo', 'keptlost']) assert(seen.has(prefix), prefix)
  assert(seen.size > 5, 'some are torn')
})

test('crashing disk: an append during a sync is not covered by it', async () => {
  const lengths = new Set<number>()
  for (let seed = 0; seed < 50; seed++) {
    const disk = new CrashingDisk({ seed })
    const file = disk.openAppend('/book')
    file.append(bytes('ab'))
    const synced = file.sync()
    file.append(bytes('cd'))
    await synced
    lengths.add((await disk.afterPowerCut().read('/book')).length)
  }
  assert.deepEqual(
    [...lengths].toSorted((a, b) => a - b),
    [2, 3, 4],
  )
})

test('crashing disk: a name whose folder was not synced may vanish or come back', async () => {
  const created = new Set<boolean>()
  const removed = new Set<boolean>()
  for (let seed = 0; seed < 50; seed++) {
    const cut = new CrashingDisk({ seed, crashAt: 0 })
    assert.throws(() => cut.openAppend('/a/book'), PowerCut)
    created.add((await cut.afterPowerCut().list('/a')).includes('book'))
    const disk = new CrashingDisk({ seed })
    await disk.createOnce('/a/book', bytes('whole'))
    await disk.remove('/a/book')
    removed.add((await disk.afterPowerCut().list('/a')).includes('book'))
  }
  assert.equal(created.size, 2)
  assert.equal(removed.size, 2)
})

test('crashing disk: createOnce and replace are whole or not at all, at every crash point', async () => {
  for (let seed = 0; seed < 20; seed++) {
    for (let crashAt = 0; ; crashAt++) {
      const disk = new CrashingDisk({ seed, crashAt })
      let promised = 0
      try {
        await disk.createOnce('/f', bytes('first'))
        promised = 1
        await disk.replace('/f', bytes('second'))
        promised = 2
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error
      }
      const after = disk.afterPowerCut()
      const found = (await after.size('/f')) === undefined ? '' : text(await after.read('/f'))
      const allowed = [['', 'first'], ['first', 'second'], ['second']][promised] ?? []
      assert(allowed.includes(found), `seed ${seed}, crash ${crashAt}: '${found}'`)
      if (promised === 2) break
    }
  }
})

test('crashing disk: a killed process loses nothing it appended', async () => {
  const disk = new CrashingDisk({ seed: 1 })
  disk.openAppend('/book').append(bytes('unsynced'))
  assert.equal(text(await disk.afterKill().read('/book')), 'unsynced')
  await assert.rejects(disk.read('/book'), PowerCut)
})

test('crashing disk: a full disk takes a part of the write and says so', () => {
  const disk = new CrashingDisk({ seed: 1, fullAt: 2 })
  const file = disk.openAppend('/book')
  assert.throws(() => file.append(bytes('x')), { code: 'DISK_FULL' })
  assert.throws(() => file.append(bytes('x')), { code: 'DISK_FULL' })
})
