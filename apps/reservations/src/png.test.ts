/** A logo that is handed in is a picture and nothing besides, whatever the file says it is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import { chunk, pngOf } from '../test/png.ts'
import { PngError, readPng } from './png.ts'

function refusalOf(file: Uint8Array): string {
  try {
    readPng(file)
    return 'taken'
  } catch (error) {
    assert(error instanceof PngError, String(error))
    return error.word
  }
}

test('png: a picture is taken as it is', () => {
  const file = pngOf(64, 48)
  const { width, height, bytes } = readPng(file)
  assert.deepEqual([width, height], [64, 48])
  assert(bytes.equals(file))
  assert.equal(refusalOf(pngOf(512, 512)), 'taken')
})

test('png: what the file holds besides the picture is dropped', () => {
  const plain = pngOf(8, 8)
  const place = chunk('tEXt', Buffer.from('Comment\0<script>home of a member</script>'))
  const marked = Buffer.concat([plain.subarray(0, 33), place, plain.subarray(33)])
  assert(marked.length > plain.length)
  assert(readPng(marked).bytes.equals(plain))
})

test('png: no other file, no giant, no bomb, no half picture', () => {
  const fine = pngOf(16, 16)
  const head = (width: number, height: number): Buffer => {
    const data = Buffer.alloc(13)
    data.writeUInt32BE(width, 0)
    data.writeUInt32BE(height, 4)
    data.set([8, 6], 8)
    return chunk('IHDR', data)
  }
  const signature = fine.subarray(0, 8)
  const end = chunk('IEND', Buffer.alloc(0))
  const bomb = chunk('IDAT', deflateSync(Buffer.alloc(40_000_000)))
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['logo.notPng', Buffer.alloc(0)],
    ['logo.notPng', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['logo.notPng', Buffer.from('ffd8ffe000104a464946', 'hex')],
    ['logo.notPng', Buffer.concat([signature, end])],
    ['logo.tooBig', Buffer.alloc(64 * 1024 + 1)],
    ['logo.tooWide', pngOf(513, 8)],
    ['logo.tooWide', pngOf(8, 513)],
    ['logo.broken', signature],
    ['logo.broken', pngOf(0, 8)],
    ['logo.broken', Buffer.concat([fine, Buffer.from('<script>')])],
    ['logo.broken', Buffer.concat([signature, head(16, 16), bomb, end])],
    ['logo.broken', Buffer.concat([signature, head(16, 17), fine.subarray(33)])],
    ['logo.broken', Buffer.concat([signature, head(16, 16), end])],
  ]
  for (const [word, file] of cases) assert.equal(refusalOf(file), word, `${file.length} bytes`)
})

test('png: cut anywhere, or with any byte changed, it is refused and never a fault', () => {
  const fine = pngOf(6, 6)
  for (let at = 0; at < fine.length; at++) {
    assert.notEqual(refusalOf(fine.subarray(0, at)), 'taken', `cut at ${at}`)
    const changed = Buffer.from(fine)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.notEqual(refusalOf(changed), 'taken', `byte ${at}`)
  }
  assert.equal(crc32(Buffer.from('IEND')), 0xae426082)
})
