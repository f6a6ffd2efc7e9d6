/**
 * PNG files for tests, made of nothing.
 *
 * @module
 */
import { crc32, deflateSync } from 'node:zlib'

export function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length, 0)
  body.copy(whole, 4)
  whole.writeUInt32BE(crc32(body), body.length + 4)
  return whole
}

/** A disc of one colour on nothing; eight bits of red, green, blue and cover each. */
export function pngOf(
  width: number,
  height: number,
  colour: readonly number[] = [200, 30, 60],
): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 6, 0, 0, 0], 8)
  const rows = Buffer.alloc(height * (1 + width * 4))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [(2 * x + 1) / width - 1, (2 * y + 1) / height - 1]
      const isIn = dx * dx + dy * dy <= 1
      rows.set([...colour, isIn ? 255 : 0], y * (1 + width * 4) + 1 + x * 4)
    }
  }
  const parts = [
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts])
}
