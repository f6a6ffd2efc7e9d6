/** QR codes of every version are read by somebody else's program: ZBar. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { mulberry32 } from '#kit/random.ts'
import { QR_BYTES_MAX, qrCells } from './qr.ts'

const SCALE = 4
const QUIET = 4
const folder = await temporaryFolder('qr')
after(() => rm(folder, { recursive: true, force: true }))

/** A picture in the plain form of PBM. */
function pictureOf(cells: readonly (readonly boolean[])[]): string {
  const side = (cells.length + 2 * QUIET) * SCALE
  const at = (place: number): number => Math.floor(place / SCALE) - QUIET
  const rows = Array.from({ length: side }, (_, y) =>
    Array.from({ length: side }, (__, x) => (cells[at(y)]?.[at(x)] ? 1 : 0)).join(' '),
  )
  return `P1\n${side} ${side}\n${rows.join('\n')}\n`
}

test('qr: ZBar reads what was written, at the ends of every version', async () => {
  const random = mulberry32(18004)
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/?&=%@.-'
  const letter = (): string => letters[Math.floor(random() * letters.length)] ?? ''
  for (const size of [1, 17, 18, 32, 53, 78, 106, 134, 154, 192, 230, 231, QR_BYTES_MAX]) {
    const text = Array.from({ length: size }, letter).join('')
    const file = join(folder, 'qr.pbm')
    await writeFile(file, pictureOf(qrCells(text)))
    const read = execFileSync('zbarimg', ['-q', '--raw', file], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    assert.equal(String(read).trim(), text)
  }
})
