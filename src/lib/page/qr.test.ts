/** QR codes: cells as a reader of others found them right, and the patterns that never change. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { QR_BYTES_MAX, qrCells, qrCode } from './qr.ts'

test('qr: every version has its finders, its timing and its size', () => {
  const finder = '1111111 1000001 1011101 1011101 1011101 1000001 1111111'.split(' ')
  for (const [at, size] of [1, 30, 50, 70, 100, 130, 150, 190, 220, QR_BYTES_MAX].entries()) {
    const cells = qrCells('x'.repeat(size))
    assert.equal(cells.length, 17 + 4 * (at + 1), `${size} bytes`)
    const bits = cells.map((row) => row.map((dark) => (dark ? '1' : '0')).join(''))
    assert.deepEqual(
      bits.slice(0, 7).map((row) => row.slice(0, 7)),
      finder,
    )
    assert.deepEqual(
      bits.slice(-7).map((row) => row.slice(0, 7)),
      finder,
    )
    assert.match(bits[6]?.slice(8, -8) ?? '', /^(10)*1$/)
  }
  assert.throws(() => qrCells('x'.repeat(QR_BYTES_MAX + 1)), { name: 'AssertionError' })
})

test('qr: the picture of a text is the one that a foreign reader read', () => {
  const { side, path } = qrCode('otpauth://totp/Veilig:lotte?secret=ABCDEFGHIJKLMNOP&issuer=Veilig')
  assert.equal(side, 33 + 8)
  assert.equal(createHash('sha256').update(path).digest('hex').slice(0, 16), 'af5dd660d3ae2ce0')
})
