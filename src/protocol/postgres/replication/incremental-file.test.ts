/** Incremental files, cut anywhere. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  incrementalTarget,
  IncrementalHeaderReader,
  restoredSize,
  type IncrementalHeader,
} from './incremental-file.ts'

function fileOf(blocks: readonly number[], truncation: number, magic = 0xd3ae1f0d): Buffer {
  const numbers = Buffer.alloc(12 + 4 * blocks.length)
  numbers.writeUInt32LE(magic, 0)
  numbers.writeUInt32LE(blocks.length, 4)
  numbers.writeUInt32LE(truncation, 8)
  for (const [at, block] of blocks.entries()) numbers.writeUInt32LE(block, 12 + 4 * at)
  if (blocks.length === 0) return numbers
  const pad = Buffer.alloc(Math.ceil(numbers.length / 8192) * 8192 - numbers.length)
  return Buffer.concat([numbers, pad, Buffer.alloc(blocks.length * 8192, 7)])
}

function read(file: Buffer, cut: number): { header: IncrementalHeader; rest: number } {
  const reader = new IncrementalHeaderReader('base/1/INCREMENTAL.2', 8192, file.length)
  for (let at = 0; at < file.length; at += cut) {
    const { used, header } = reader.push(file.subarray(at, at + cut))
    if (header) return { header, rest: file.length - at - used }
  }
  throw new Error('no header')
}

test('incremental file: the header is read however the bytes come', () => {
  const many = Array.from({ length: 131_072 }, (_, at) => at)
  for (const [blocks, truncation, size] of [
    [[], 5, 5],
    [[], 0, 0],
    [[0, 3, 9], 4, 10],
    [[1], 131_072, 131_072],
    [many, 131_072, 131_072],
  ] as const) {
    const file = fileOf(blocks, truncation)
    for (const cut of [1, 7, 12, 13, 8192, 30_000, file.length]) {
      if (cut === 1 && blocks.length > 10) continue
      const { header, rest } = read(file, cut)
      assert.deepEqual(header, { blocks: [...blocks], truncationBlocks: truncation })
      assert.equal(rest, blocks.length * 8192)
      assert.equal(restoredSize(header, 8192), size * 8192)
    }
  }
})

test('incremental file: what is none is refused before anything is reserved for it', () => {
  const lying = fileOf([1, 2], 5)
  lying.writeUInt32LE(0xffff_ffff, 4)
  for (const file of [fileOf([1], 5, 1), lying, fileOf([2, 1], 5), fileOf([1, 1], 5)]) {
    assert.throws(() => read(file, 8192), { code: 'INCREMENTAL_FILE_INVALID' })
  }
  assert.throws(() => read(fileOf([1], 1).subarray(0, 9000), 100), {
    code: 'INCREMENTAL_FILE_INVALID',
  })
})

test('incremental file: only its own name says that a path is one', () => {
  assert.equal(incrementalTarget('base/5/INCREMENTAL.16384.1'), 'base/5/16384.1')
  assert.equal(incrementalTarget('INCREMENTAL.1'), '1')
  assert.equal(incrementalTarget('base/INCREMENTAL.5/1'), undefined)
  assert.equal(incrementalTarget('base/5/16384'), undefined)
})
