/** The manifest reader against manifests of PostgreSQL's form, whole, cut, edited and shortened. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { ManifestReader, type Manifest, type ManifestFile } from './manifest.ts'

const FILES = [
  '{ "Path": "backup_label", "Size": 225, "Last-Modified": "2026-11-01 10:00:00 GMT",' +
    ' "Checksum-Algorithm": "CRC32C", "Checksum": "839206e3" },',
  '{ "Encoded-Path": "612f62", "Size": 0, "Last-Modified": "2026-11-01 10:00:00 GMT" }',
]
const text = manifest(FILES)

test('manifest: files, sizes, checksums, the WAL needed, the cluster', () => {
  const { files, whole } = read([Buffer.from(text)])
  assert.deepEqual(files, [
    { path: 'backup_label', sizeBytes: 225, crc32c: 0xe3069283 },
    { path: 'a/b', sizeBytes: 0, crc32c: undefined },
  ])
  assert.deepEqual(whole, {
    version: 2,
    systemId: '7300000000000000001',
    wal: [{ timeline: 1, startLsn: 0x2000028n, endLsn: 0x2000120n }],
  })
})

test('manifest: the same however it is cut', () => {
  const bytes = Buffer.from(text)
  const expected = read([bytes])
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]), expected)
  }
})

test('manifest: one flipped byte, a missing line or a missing end is found out', () => {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length - 2; at++) {
    const flipped = Buffer.from(bytes)
    flipped[at]! ^= 1
    assert.throws(() => read([flipped]), { name: 'ProtocolError' }, `byte ${at}`)
    assert.throws(() => read([bytes.subarray(0, at)]), { code: 'MANIFEST_INVALID' }, `cut ${at}`)
  }
  const shorter = text.replace(`${FILES[0]}\n`, '')
  assert.throws(() => read([Buffer.from(shorter)]), { code: 'MANIFEST_INVALID' })
})

test('manifest: an endless line is refused', () => {
  const reader = new ManifestReader(() => undefined)
  const endless = (): void => {
    for (let times = 0; times < 100; times++) reader.push(Buffer.alloc(1000, 'x'))
  }
  assert.throws(endless, { code: 'MANIFEST_INVALID' })
})

function manifest(files: readonly string[]): string {
  const body =
    '{ "PostgreSQL-Backup-Manifest-Version": 2,\n"System-Identifier": 7300000000000000001,\n' +
    `"Files": [\n${files.join('\n')}\n],\n"WAL-Ranges": [\n` +
    '{ "Timeline": 1, "Start-LSN": "0/2000028", "End-LSN": "0/2000120" }\n],\n'
  return `${body}"Manifest-Checksum": "${createHash('sha256').update(body).digest('hex')}"}\n`
}

function read(chunks: readonly Uint8Array[]): { files: ManifestFile[]; whole: Manifest } {
  const files: ManifestFile[] = []
  const reader = new ManifestReader((file) => files.push(file))
  for (const chunk of chunks) reader.push(chunk)
  return { files, whole: reader.finish() }
}
