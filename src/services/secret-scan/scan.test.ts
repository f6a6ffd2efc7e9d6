/** Secrets in source: found by pattern and by randomness, named by place, never by value. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { findingsIn, scanRepository, type ScanReport } from './scan.ts'

const folder = await temporaryFolder('secrets')
after(() => rm(folder, { recursive: true, force: true }))

const letters = (count: number): string =>
  randomBytes(200).toString('base64').replaceAll(/[+/=]/g, '').slice(0, count)

const secrets: readonly (readonly [string, string, string])[] = [
  ['a token of GitHub', `const t = "ghp_${letters(36)}"`, 'github'],
  [
    'a database URL with a password',
    `postgres://app:${letters(24)}@db.example.net/x`,
    'connection',
  ],
  ['a random value under a telling name', `DB_PASSWORD=${letters(10)}7aQ${letters(20)}`, 'entropy'],
  ['a quoted one in JSON', `{"apiKey": "${letters(10)}7aQ${letters(20)}"}`, 'entropy'],
]
for (const [name, line, rule] of secrets) {
  test(`secrets: ${name} is found, by place and not by value`, async () => {
    const [found, ...more] = await findingsIn('a/b.ts', `first\n${line}\n`)
    assert(found, line.slice(0, 20))
    assert.deepEqual([found.path, found.line, more.length], ['a/b.ts', 2, 0])
    assert.match(found.rule, new RegExp(rule, 'i'))
    const value = /[\w-]{20,}/.exec(line)?.[0] ?? ''
    assert(!JSON.stringify(found).includes(value))
  })
}

for (const line of [
  'const password = await readFile(paths.secret("access", "database-password"))',
  'PASSWORD_FILE=/run/secrets/some-long-name/of-a-file',
  'token: z.string().regex(/^[a-z0-9-]{1,64}$/)',
  'sha256 = "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6"',
]) {
  test(`secrets: nothing is found in: ${line.slice(0, 40)}`, async () => {
    assert.deepEqual(await findingsIn('a.ts', line), [])
  })
}

test('secrets: an accepted finding is counted and not shown, and another one is', async () => {
  const options = {
    baseline: 'known.json',
    fileBytesMax: 65_536,
    signal: new AbortController().signal,
  }
  const scan = (): Promise<ScanReport> => scanRepository(folder, options)
  await mkdir(join(folder, 'src'))
  await writeFile(join(folder, 'src', 'a.env'), `API_KEY=${letters(10)}7aQ${letters(20)}\n`)
  await writeFile(join(folder, 'picture.bin'), Buffer.alloc(100))
  const before = await scan()
  assert.deepEqual([before.files, before.skipped, before.findings.length], [1, 1, 1])
  const accepted = [{ fingerprint: before.findings[0]?.fingerprint, why: 'of the test' }]
  await writeFile(join(folder, 'known.json'), JSON.stringify({ accepted }))
  const known = await scan()
  assert.deepEqual([known.accepted, known.findings], [1, []])
  await writeFile(join(folder, 'src', 'a.env'), `API_KEY=${letters(10)}7aQ${letters(20)}\n`)
  assert.equal((await scan()).findings.length, 1)
})

test('secrets: a baseline that says no why is refused', async () => {
  await writeFile(join(folder, 'bad.json'), '{"accepted":[{"fingerprint":"x"}]}')
  const options = { baseline: 'bad.json', fileBytesMax: 1024, signal: new AbortController().signal }
  await assert.rejects(scanRepository(folder, options), { code: 'BASELINE_INVALID' })
})
