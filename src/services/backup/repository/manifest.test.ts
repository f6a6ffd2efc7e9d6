/** Manifests: what is written is read, at any cut; what is not a manifest is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeLine, ManifestReader, type ManifestLine } from './manifest.ts'

const ID = '20261123t051500z-0123456789abcdef'
const extent = { at: 0, length: 10, source: 0, pack: 2, offset: 7 }
const lines: readonly ManifestLine[] = [
  { line: 'manifest', id: ID, sources: [ID] },
  { line: 'pack', pack: 0, chunkSizes: [100, 20] },
  { line: 'directory', path: 'base', mode: 0o700 },
  { line: 'link', path: 'pg_wal', target: '/elsewhere' },
  { line: 'tablespace', oid: 16_385, location: '/ä/ö' },
  {
    line: 'file',
    path: 'base/ü',
    size: 30,
    mode: 0o600,
    modifiedMs: 5,
    inherits: 0,
    extents: [extent, { ...extent, at: 20 }],
  },
  { line: 'serverManifest', extents: [extent] },
  { line: 'damaged', path: 'base/ü', blocks: [1, 2] },
  { line: 'end', count: 8 },
]
const text = lines.map(encodeLine).join('')

function read(content: string, cut: number): ManifestLine[] {
  const bytes = new TextEncoder().encode(content)
  const reader = new ManifestReader('m')
  const found = [...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))]
  reader.end()
  return found
}

test('manifest: every line comes back, wherever the bytes are cut', () => {
  const size = Buffer.byteLength(text)
  for (let cut = 0; cut <= size; cut++) assert.deepEqual(read(text, cut), lines, `cut at ${cut}`)
})

const swap = (from: string, to: string): string => {
  assert(text.includes(from))
  return text.replace(from, to)
}

const refused: readonly [string, string, code: string][] = [
  ['a line is gone', swap(encodeLine(lines[2]!), ''), 'BACKUP_MANIFEST_DAMAGED'],
  ['the end is gone', text.slice(0, text.lastIndexOf('{')), 'BACKUP_MANIFEST_DAMAGED'],
  ['something follows', `${text}{"end":9}\n`, 'BACKUP_MANIFEST_DAMAGED'],
  ['it begins otherwise', text.slice(text.indexOf('\n') + 1), 'BACKUP_MANIFEST_DAMAGED'],
  ['no JSON', swap('"mode":448', '"mode":'), 'BACKUP_MANIFEST_DAMAGED'],
  ['a path that leaves', swap('"base"', '"../base"'), 'BACKUP_PATH_UNSAFE'],
  ['an absolute path', swap('"base"', '"/base"'), 'BACKUP_PATH_UNSAFE'],
  ['extents that overlap', swap('[0,10,0,2,7,20', '[0,10,0,2,7,9'), 'BACKUP_MANIFEST_DAMAGED'],
  ['an extent beyond its file', swap('"size":30', '"size":29'), 'BACKUP_MANIFEST_DAMAGED'],
  ['a source that is not named', swap('20,10,0,2', '20,10,1,2'), 'BACKUP_MANIFEST_DAMAGED'],
  ['half an extent', swap('[0,10,0,2,7,20,10,0,2,7]', '[0,10,0]'), 'BACKUP_MANIFEST_DAMAGED'],
  ['an unknown key', swap('"mode":448', '"mode":448,"acl":1'), 'REPOSITORY_FORMAT_NEWER'],
  ['an unknown line', swap('{"directory"', '{"device"'), 'REPOSITORY_FORMAT_NEWER'],
]

for (const [what, content, code] of refused) {
  test(`manifest: ${what}: ${code}`, () => {
    assert.throws(() => read(content, 3), { code })
  })
}
