/** Long rows: vectors point at all that is found byte by byte, whatever the piece's length. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { base64Rows, numericRows, RowFinder, rowsBetween, type RowKind } from './rows.ts'

const kinds: Readonly<Record<string, RowKind>> = { numeric: numericRows, base64: base64Rows }

for (const [name, kind] of Object.entries(kinds)) {
  test(`cards: ${name} rows are found by vectors as byte by byte`, () => {
    const random = mulberry32(11)
    for (let turn = 0; turn < 300; turn++) {
      const bytes = Uint8Array.from({ length: 512 + Math.floor(random() * 1024) }, () => 33)
      while (random() < 0.95) {
        const row = Buffer.from((random() < 0.5 ? '4 1-' : 'Mx+/').repeat(50))
        const at = Math.floor(random() * bytes.length)
        const size = 12 + Math.floor(random() * (random() < 0.9 ? 10 : 150))
        bytes.set(row.subarray(0, Math.min(size, bytes.length - at)), at)
      }
      assert.deepEqual(withVectors(bytes, kind), byteByByte(bytes, kind))
    }
  })
}

test('cards: every byte is of the same kinds to the vectors as to the table, or of more', () => {
  for (const kind of Object.values(kinds)) {
    for (let byte = 0; byte < 256; byte++) {
      const bytes = new Uint8Array(600).fill(33).fill(byte, 100, 130)
      assert.deepEqual(withVectors(bytes, kind), byteByByte(bytes, kind), `byte ${byte}`)
    }
  }
})

test('cards: rows across the parts in which a very large piece is looked at are found', () => {
  const part = 256 * 1024
  for (const at of [part - 70, part - 64, part - 10, part, 2 * part - 130]) {
    const bytes = new Uint8Array(2 * part + 100).fill(33)
    bytes.set(Buffer.from('4111111111111111'), at)
    assert.deepEqual(withVectors(bytes, numericRows), [[at, at + 16]])
  }
})

function withVectors(bytes: Uint8Array, kind: RowKind): number[][] {
  const rows: number[][] = []
  new RowFinder(bytes).each(kind, (start, end) => rows.push([start, end]))
  return rows
}

function byteByByte(bytes: Uint8Array, kind: RowKind): number[][] {
  const rows: number[][] = []
  rowsBetween(bytes, 0, bytes.length, kind, (start, end) => rows.push([start, end]))
  return rows
}
