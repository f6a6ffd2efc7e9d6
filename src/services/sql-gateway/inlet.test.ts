/** The memory the server's bytes are read into: nobody's bytes are written over. @module */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Socket } from 'node:net'
import { mulberry32 } from '#kit/random.ts'
import { Inlet } from './inlet.ts'

const READS = 500

test('inlet: what a slow client still has to be sent is never written over', () => {
  const random = mulberry32(4)
  const inlet = new Inlet()
  const waiting: { readonly bytes: Uint8Array; readonly value: number }[] = []
  let isSlow = false
  let value = 0
  inlet.attach(new Socket(), {
    read: (bytes) => void waiting.push({ bytes, value }),
    busy: () => waiting.length > 0,
  })
  for (let read = 0; read < READS; read++) {
    const memory = memoryOf(inlet)
    const size = 1 + Math.floor(memory.length * (random() < 0.3 ? 1 : random()) * 0.999_999)
    value = read % 256
    memory.fill(value, 0, size)
    assert(inlet.onread.callback(size, memory))
    for (const each of waiting) {
      const ends = [each.bytes[0], each.bytes.at(-1)]
      assert.deepEqual(ends, [each.value, each.value], `read ${read} spoiled another`)
    }
    if (random() < 0.1) isSlow = !isSlow
    if (!isSlow || waiting.length > 20) waiting.length = 0
  }
})

test('inlet: memory grows with a large result, and is small again after it', () => {
  const inlet = new Inlet()
  inlet.attach(new Socket(), { read: () => undefined, busy: () => false })
  const small = memoryOf(inlet).length
  inlet.onread.callback(small, memoryOf(inlet))
  const large = memoryOf(inlet).length
  assert(large > small)
  for (let read = 0; read < 100; read++) {
    inlet.onread.callback(100, memoryOf(inlet))
  }
  assert.equal(memoryOf(inlet).length, small)
})

test('inlet: what the server says before anybody asked is heard', () => {
  const inlet = new Inlet()
  memoryOf(inlet).write('too many')
  assert.equal(inlet.onread.callback(8, memoryOf(inlet)), false, 'reading waits')
  const heard: string[] = []
  const read = (bytes: Uint8Array): void => void heard.push(Buffer.from(bytes).toString())
  inlet.attach(new Socket(), { read, busy: () => false })
  assert.deepEqual(heard, ['too many'])
})

function memoryOf({ onread }: Inlet): Buffer {
  assert(typeof onread.buffer === 'function')
  return onread.buffer() as Buffer
}
