/** A disk that fills up is told once, and so is its relief. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '#system/clock.ts'
import { eventually } from '#kit/eventually.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { FREE_BYTES_MIN, watchDiskRoom } from './disk-room.ts'

const MIB = 1024 * 1024

test('disk room: low is told once, enough again once, nothing between', async () => {
  const looks = [900, 511, 300, 600, 900, 900].map((mb) => mb * MIB)
  assert.equal(FREE_BYTES_MIN, 512 * MIB)
  const said: string[] = []
  const trail = new RecordingTrail()
  const clock = { ...systemClock, sleep: () => systemClock.sleep(1) }
  let looked = 0
  const ports = {
    clock,
    trail,
    tell: (line: string): void => void said.push(line),
    freeBytes: () => Promise.resolve(looks[Math.min(looked++, looks.length - 1)] ?? 0),
  }
  await using _watch = watchDiskRoom('/data', ports)
  await eventually('all looks', () => looked > looks.length || undefined)
  assert.equal(said.length, 2)
  assert.match(said[0] ?? '', /^DISK_LOW: \/data has 511 MB left; free some space/)
  assert.match(said[1] ?? '', /has room again: 900 MB/)
  assert.deepEqual(
    trail.events.map(({ code, detail }) => [code, detail['freeMb']]),
    [
      ['DISK_LOW', 511],
      ['DISK_ROOM_AGAIN', 900],
    ],
  )
})

test('disk room: a disk that cannot be measured is said, and looked at again', async () => {
  const said: string[] = []
  const clock = { ...systemClock, sleep: () => systemClock.sleep(1) }
  const freeBytes = (): Promise<number> => Promise.reject(new Error('gone'))
  const tell = (line: string): void => void said.push(line)
  await using _watch = watchDiskRoom('/d', { clock, trail: new RecordingTrail(), tell, freeBytes })
  await eventually('two looks', () => said[1])
  assert.match(said[0] ?? '', /cannot be measured: gone/)
})
