/** Secrets of the past: every added line of every branch; how many are found, and wrongly. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { corpus } from '#kit/secrets-corpus.ts'
import { AddedLines, COMMIT_MARK } from './added-lines.ts'
import { scanHistory } from './history.ts'
import { findingsIn } from './scan.ts'

const folder = await temporaryFolder('history')
after(() => rm(folder, { recursive: true, force: true }))
const belowFrom = (seed: number): { below: (end: number) => number } => {
  const draw = mulberry32(seed)
  return { below: (end) => Math.floor(draw() * end) }
}
const signal = new AbortController().signal
const options = { baseline: 'accepted.json', signal }

test('history: of the corpus 98 in a hundred are found, and 90 of the found are', async (t) => {
  const seed = Number(process.env['CORPUS_SEED'] ?? 7)
  const lines = corpus(Number(process.env['CORPUS_LINES'] ?? 600), belowFrom(seed))
  const text = lines.map((line) => line.text).join('\n')
  const found = await findingsIn((line) => lines[line - 1]?.path ?? '', text)
  const hit = new Set(found.map(({ line }) => line - 1))
  const missed = lines.filter(({ secret }, at) => secret && !hit.has(at))
  const wrong = lines.filter(({ secret }, at) => !secret && hit.has(at))
  const right = [...hit].filter((at) => lines[at]?.secret).length
  const recall = right / (right + missed.length)
  const precision = right / (right + wrong.length)
  const kinds = (list: typeof lines): string =>
    [...new Set(list.map(({ kind }) => kind))].join(', ')
  t.diagnostic(`recall ${recall.toFixed(3)}, precision ${precision.toFixed(3)}, seed ${seed}`)
  assert(recall >= 0.98, `missed: ${kinds(missed)}`)
  assert(precision >= 0.9, `wrong: ${kinds(wrong)}`)
})

test('history: what looks like a head inside a file is content', () => {
  const added = new AddedLines()
  const patch = [
    `${COMMIT_MARK}abc`,
    '+++ b/a.diff',
    '@@ -0,0 +1,3 @@',
    '+++ b/other.ts',
    '+@@ -1 +1 @@',
    '+last',
    '@@ -9 +12 @@',
    '-gone',
    '+new',
  ]
  const places = patch.map((line) => added.read(line)).filter((one) => one !== undefined)
  assert.deepEqual(
    places.map(({ path, line }) => `${path}:${line}`),
    ['a.diff:1', 'a.diff:2', 'a.diff:3', 'a.diff:12'],
  )
})

test('history: a secret that was removed, of any branch, is found with its commit', async () => {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=x', '-c', 'user.email=x@x', ...args], {
      encoding: 'utf8',
    }).trim()
  const write = (text: string): Promise<void> => writeFile(join(folder, '.env'), text)
  const value = `Kq7${'xR2vB9mLt4Wz'.repeat(2)}`
  git('init', '-q', '-b', 'main')
  await write('A=1\n')
  git('add', '.')
  git('commit', '-qm', 'first')
  git('checkout', '-qb', 'side')
  await write(`A=1\nAPI_SECRET=${value}\n`)
  git('commit', '-qam', 'with')
  const commit = git('rev-parse', 'HEAD')
  await write('A=1\n')
  git('commit', '-qam', 'without')
  git('checkout', '-q', 'main')
  const report = await scanHistory(folder, options)
  assert.equal(report.commits, 3)
  assert.deepEqual(
    report.findings.map((one) => [one.commit, one.path, one.line]),
    [[commit, '.env', 2]],
  )
  assert(!JSON.stringify(report).includes(value))
  const accepted = [{ fingerprint: report.findings[0]?.fingerprint, why: 'revoked' }]
  await writeFile(join(folder, 'accepted.json'), JSON.stringify({ accepted }))
  const known = await scanHistory(folder, options)
  assert.deepEqual([known.accepted, known.findings], [1, []])
})

const commits = Number(process.env['HISTORY_COMMITS'] ?? 300)
test(`history: ${commits} commits are searched, with progress`, async (t) => {
  const place = await temporaryFolder('long-history')
  execFileSync('git', ['-C', place, 'init', '-q', '-b', 'main'])
  const child = spawn('git', ['-C', place, 'fast-import', '--quiet'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const { below } = belowFrom(9)
  for (let at = 0; at < commits; at++) {
    const lines = corpus(20, { below }).filter(({ secret }) => !secret || at % 1000 === 500)
    const text = lines.map((line) => line.text).join('\n')
    const when = `${1_700_000_000 + at} +0000`
    const head = `commit refs/heads/main\ncommitter x <x@x> ${when}\ndata 1\nx\n`
    const size = Buffer.byteLength(text)
    const file = `M 100644 inline src/file${below(500)}.ts\ndata ${size}\n${text}\n`
    if (!child.stdin.write(head + file)) await once(child.stdin, 'drain')
  }
  child.stdin.end()
  await once(child, 'exit')
  const begun = performance.now()
  const cpu = process.cpuUsage()
  let told = 0
  const onProgress = (): void => void told++
  const report = await scanHistory(place, { ...options, onProgress })
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  const { user } = process.cpuUsage(cpu)
  const size = `${report.commits} commits, ${report.lines} lines`
  t.diagnostic(`${size}: ${seconds} s, ${(user / 1e6).toFixed(1)} s of this process's CPU`)
  assert.equal(report.commits, commits)
  assert(told > 0)
  await rm(place, { recursive: true, force: true })
})
