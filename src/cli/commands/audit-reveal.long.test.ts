/** `audit query --reveal`: nobody reads values without a reason on record. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTrail } from '#audit/open.ts'
import { ParameterSealer } from '#audit/parameters.ts'
import { veilig } from '#kit/ring.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'

test('audit query --reveal: a reason first, on record with the question', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'veilig-reveal-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  const run = (...args: string[]): Promise<{ status: number; said: string }> =>
    new Promise((resolve) => {
      execFile(veilig, [...args, '--data', data], (error, stdout, stderr) =>
        resolve({ status: Number(error?.code ?? 0), said: stdout + stderr }),
      )
    })
  const file = join(data, 'members.key')
  const made = await run('audit', 'class-key', file, '--json')
  assert.equal(made.status, 0, made.said)
  const { publicKey } = JSON.parse(made.said) as { publicKey: string }
  assert.equal((await stat(file)).mode & 0o077, 0, 'nobody else may read the key')
  const before = await readFile(file, 'utf8')
  assert.match((await run('audit', 'class-key', file)).said, /KEY_FILE_EXISTS|never overwritten/)
  assert.equal(await readFile(file, 'utf8'), before)

  const classes = new Map([['members', Buffer.from(publicKey, 'hex')]])
  const sealer = new ParameterSealer(
    classes,
    (size) => Buffer.alloc(size, 7),
    () => 0,
  )
  const folder = join(data, 'audit')
  {
    const place = { folder, process: 'sql-gateway', node: 'n', mode: 'written' } as const
    await using book = await openTrail({ ...place, disk: systemDisk, clock: systemClock })
    const values = Buffer.from('00000001000000036a616e', 'hex') // one value in text: jan
    await book.append(sealer.seal(['members'], { session: 's', sequence: 1 }, values))
  }
  const question = 'select value from parameters'
  const unreasoned = await run('audit', 'query', question, '--reveal', file)
  assert.equal(unreasoned.status, 2)
  assert.match(unreasoned.said, /--reason/)
  const reasoned = ['--reveal', file, '--reason', 'request of Jan']
  const [one, two] = await Promise.all([
    run('audit', 'query', question, ...reasoned),
    run('audit', 'query', question, ...reasoned),
  ])
  assert.match(one.said, /jan/)
  assert.match(two.said, /jan/)
  const reads = `select detail from events where code = 'AUDIT_PARAMETERS_REVEALED'`
  const told = await run('audit', 'query', reads, '--json')
  assert.equal(told.said.split('\n').filter(Boolean).length, 2)
  assert.match(told.said, /request of Jan/)
  assert.equal((await run('audit', 'verify', '--process', 'reveal')).status, 0)
})
