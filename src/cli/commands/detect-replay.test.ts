/** `detect replay` as an operator runs it: a file to learn from, a file to judge, lines out. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { veilig } from '#kit/ring.ts'

const run = promisify(execFile)

type Answer = {
  readonly at: string | number | null
  readonly role: string
  readonly alerts: string[]
}

const ordinary = Array.from({ length: 6 }, (_, at) => ({
  sql: `SELECT id, name FROM members WHERE email = 'a${at}@club.be' AND club = ${at}`,
  role: 'app',
}))

test('detect replay: a line for each statement, in order; a broken line is named', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-replay-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const fileOf = async (name: string, lines: readonly unknown[]): Promise<string> => {
    const file = join(folder, name)
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
    await writeFile(file, `${text.join('\n')}\n`)
    return file
  }
  const learn = await fileOf('learn.jsonl', ordinary)
  const injected = `SELECT id, name FROM members WHERE email = 'x' OR 1=1 -- ' AND club = 3`
  const said = [
    { sql: ordinary[2]?.sql, role: 'app', at: '2026-11-23T09:00:00Z' },
    { sql: injected, role: 'app', at: 1_795_424_400 },
    '',
    { sql: injected, role: 'never-seen' },
    { sql: 'SELECT $1::int', role: null, at: null },
    { sql: `COPY t FROM PROGRAM 'id'`, role: 'app' },
  ]
  const statements = await fileOf('statements.jsonl', said)
  const args = ['detect', 'replay', '--learn', learn, '--statements', statements, '--json']
  const { stdout } = await run(veilig, args)
  const answers = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Answer)
  assert.deepEqual(
    answers.map(({ at, role }) => [at, role]),
    [
      ['2026-11-23T09:00:00Z', 'app'],
      [1_795_424_400, 'app'],
      [null, 'never-seen'],
      [null, ''],
      [null, 'app'],
    ],
  )
  const alerts = answers.map((answer) => answer.alerts)
  assert.deepEqual(alerts, [
    [],
    ['sqli.structure'],
    ['sqli.structure'],
    [],
    ['escalation.copy-program'],
  ])

  const broken = await fileOf('broken.jsonl', [ordinary[0], { role: 'app' }])
  const asked = run(veilig, ['detect', 'replay', '--statements', broken, '--json'])
  await assert.rejects(asked, (error) => {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    assert.equal(code, 2)
    assert.equal(stdout.trim().split('\n').length, 1, 'what was judged before is said')
    assert.match(stderr, /REPLAY_UNREADABLE.*broken\.jsonl, line 2, .*sql/s)
    return true
  })
})
