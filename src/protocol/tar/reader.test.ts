/** The tar reader against archives of tar(1)'s form, hostile ones, and every cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '#lib/errors.ts'
import { TarReader } from './reader.ts'

const END = new Uint8Array(1024)

test('tar: entries, bytes and ends are the same however the archive is cut', () => {
  const archive = Buffer.concat(
    [
      header({ name: 'base/', type: '5' }),
      header({ name: 'base/1', size: 700, mode: 0o600 }),
      Buffer.alloc(1024, 'x', 'latin1').fill(0, 700),
      header({ name: 'empty', size: 0 }),
      header({ name: 'base/link', type: '2', target: '../empty' }),
      header({ name: 'c'.repeat(90), prefix: 'p'.repeat(100), size: 1 }),
      `z${'\0'.repeat(511)}`,
      END,
    ].map((part) => Buffer.from(part as string)),
  )
  const expected = [
    'directory base',
    'end',
    'file base/1',
    'x'.repeat(700),
    'end',
    'file empty',
    'end',
    'symlink base/link',
    'end',
    `file ${'p'.repeat(100)}/${'c'.repeat(90)}`,
    'z',
    'end',
  ]
  assert.deepEqual(read([archive]), expected)
  for (const step of [1, 7, 511, 512, 513, 1000]) {
    const chunks: Uint8Array[] = []
    for (let at = 0; at < archive.length; at += step) chunks.push(archive.subarray(at, at + step))
    assert.deepEqual(read(chunks), expected, `in steps of ${step}`)
  }
})

test('tar: a size in base 256 is understood, up to what a file can be', () => {
  const [event] = [...new TarReader().push(header({ name: 'big', size: 2 ** 40 }))]
  assert(event?.kind === 'entry')
  assert.equal(event.entry.sizeBytes, 2 ** 40)
  const absurd = header({ name: 'x', rawSize: Buffer.alloc(12, 0xff) })
  assert.deepEqual(read([absurd]), ['TAR_MALFORMED'])
})

test('tar: what could reach outside the folder is refused', () => {
  for (const name of ['/etc/passwd', '../x', 'a/../../x', 'a/..', 'a//b', 'a\\..\\b', '.', '']) {
    assert.deepEqual(read([header({ name })]), ['TAR_PATH_UNSAFE'], name)
  }
  for (const target of ['/etc', '../../x', '..', 'a/../../..', '']) {
    const link = header({ name: 'link', type: '2', target })
    assert.deepEqual(read([link]), ['TAR_LINK_UNSAFE'], target)
  }
})

test('tar: hard links, devices and extensions are refused, not skipped', () => {
  for (const type of ['1', '3', '4', '6', 'x', 'g', 'L', 'S']) {
    assert.deepEqual(read([header({ name: 'a', type })]), ['TAR_TYPE_UNKNOWN'], type)
  }
})

test('tar: a damaged or shortened archive is found out', () => {
  const damaged = header({ name: 'a', size: 3 })
  damaged[3] = 1
  assert.deepEqual(read([damaged]), ['TAR_MALFORMED'])
  assert.deepEqual(read([header({ name: 'a', size: 3 })]), ['file a', 'TAR_TRUNCATED'])
  assert.deepEqual(read([new Uint8Array(512)]), ['TAR_TRUNCATED'])
  assert.deepEqual(read([END, header({ name: 'a' })]), ['TAR_MALFORMED'])
})

type HeaderFields = {
  name: string
  type?: string
  size?: number
  rawSize?: Buffer
  mode?: number
  target?: string
  prefix?: string
}

function header(field: HeaderFields): Buffer {
  const block = Buffer.alloc(512)
  const size = field.size ?? 0
  block.write(field.name, 0)
  block.write(octal(field.mode ?? 0o700, 7), 100)
  if (field.rawSize) field.rawSize.copy(block, 124)
  else if (size < 8 ** 11) block.write(octal(size, 11), 124)
  else block.writeUInt8(0x80, 124)
  if (size >= 8 ** 11) block.writeBigUInt64BE(BigInt(size), 128)
  block.write(octal(1_700_000_000, 11), 136)
  block.write(field.type ?? '0', 156)
  block.write(field.target ?? '', 157)
  block.write('ustar\x0000', 257, 'latin1')
  block.write(field.prefix ?? '', 345)
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${octal(sum, 6)}\0 `, 148)
  return block
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}

function read(chunks: readonly Uint8Array[]): string[] {
  const seen: string[] = []
  const reader = new TarReader()
  let open = false
  try {
    for (const chunk of chunks) {
      for (const event of reader.push(chunk)) {
        const last = seen.length - 1
        if (event.kind === 'entry') seen.push(`${event.entry.kind} ${event.entry.path}`)
        else if (event.kind === 'end') seen.push('end')
        else if (open) seen[last] += Buffer.from(event.bytes).toString()
        else seen.push(Buffer.from(event.bytes).toString())
        open = event.kind === 'data'
      }
    }
    reader.finish()
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    seen.push(error.code)
  }
  return seen
}
