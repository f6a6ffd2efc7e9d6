/** Vectors for the statement tracker: conversations, and what each statement is said to do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { readVectors } from '#kit/vectors.ts'
import { ProtocolError } from '#lib/errors.ts'
import type { BackendType } from './backend.ts'
import type { Run } from './statement-run.ts'
import { StatementTracker } from './statement-tracker.ts'

const vectors = readVectors(new URL('testdata/statement-tracker.vectors', import.meta.url))

for (const vector of vectors) {
  test(`tracker: ${vector.case}`, () => {
    const said = play((vector['script'] ?? '').split(' '))
    assert.equal(said.runs, vector['runs'] ?? '')
    assert.equal(said.code, vector['code'] ?? '')
  })
}

test('tracker: what was started is finished exactly once, whatever the server says', () => {
  const random = mulberry32(41)
  const words = [...new Set(vectors.flatMap((vector) => (vector['script'] ?? '').split(' ')))]
  for (let round = 0; round < 5_000; round++) {
    const script = Array.from(
      { length: 12 },
      () => words[Math.floor(random() * words.length)] ?? '',
    )
    const { started, finished } = play([...script, '<cut'])
    assert.deepEqual(
      finished.toSorted((a, b) => a - b),
      started,
      script.join(' '),
    )
  }
})

test('tracker: a client two hundred thousand replies ahead is stopped', () => {
  const tracker = new StatementTracker<string>(
    {
      started: () => undefined,
      failed: () => undefined,
      finished: () => undefined,
      commitFailed: () => undefined,
    },
    () => undefined,
  )
  assert.throws(
    () => {
      for (let message = 0; message < 200_001; message++) tracker.sync()
    },
    { code: 'PG_PIPELINE_TOO_DEEP' },
  )
})

type Said = { runs: string; code: string; started: number[]; finished: number[] }

function play(script: readonly string[]): Said {
  const runs: Run<string>[] = []
  const finished: number[] = []
  const commits: string[] = []
  const tracker = new StatementTracker<string>(
    {
      started: (run) => runs.push(run),
      finished: (run) => finished.push(run.sequence),
      failed: () => undefined,
      commitFailed: (sequence, sqlstate) => commits.push(`commit ${sequence} ${sqlstate}`),
    },
    (text) => text.split('!')[1],
  )
  let code = ''
  try {
    for (const word of script) if (word !== '') step(tracker, word)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    code = error.code
    tracker.cut()
  }
  return {
    runs: [...runs.map(show), ...commits].join(' | '),
    code,
    started: runs.map((run) => run.sequence),
    finished,
  }
}

function step(tracker: StatementTracker<string>, word: string): void {
  if (word === '<cut') return tracker.cut()
  const [what = '', first = '', second = ''] = word.slice(1).split(':')
  if (word.startsWith('<')) return answer(tracker, what, first)
  const acts: Readonly<Record<string, () => void>> = {
    query: () => tracker.query(first),
    parse: () => tracker.parse(first, second, second),
    bind: () => tracker.bind(first, second, 0),
    describe: () => tracker.describe('portal', ''),
    exec: () => tracker.execute(first),
    close: () => tracker.close(first === 's' ? 'statement' : 'portal', second),
    sync: () => tracker.sync(),
    copy: () => tracker.copyData(Number(first)),
    copyend: () => tracker.copyEnd(),
  }
  const act = acts[what]
  assert(act, `unknown word ${word}`)
  act()
}

function answer(tracker: StatementTracker<string>, type: string, argument: string): void {
  if (type === 'D' || type === 'd') return void tracker.data(1, 0)
  const severity = argument.startsWith('57') ? 'FATAL' : 'ERROR'
  const body = type === 'E' ? `V${severity}\0C${argument}\0\0` : argument.replaceAll('_', ' ')
  tracker.message(type as BackendType, Buffer.from(type === 'C' ? `${body}\0` : body))
}

function show(run: Run<string>): string {
  return [
    `${run.sequence} ${run.kind} ${run.text ?? '?'} ${run.outcome}`,
    run.tag.replaceAll('; ', ';').replaceAll(' ', '_'),
    run.rows > 0 ? `rows=${run.rows}` : '',
    run.rowsSent > 0 ? `sent=${run.rowsSent}` : '',
    run.sqlstate === '' ? '' : `state=${run.sqlstate}`,
    run.bytesIn > 0 ? `in=${run.bytesIn}` : '',
  ]
    .filter(Boolean)
    .join(' ')
}
