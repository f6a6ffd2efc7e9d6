/** Threads that parse: their answers, and what follows when one of them fails. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { sqlGatewayConfig } from './config.ts'
import { judgeOf } from './judge.ts'
import { JudgeThreads } from './judge-threads.ts'

before(() => loadSqlParser())

const { app } = sqlGatewayConfig.parse({ roles: { app: { ddl: 'enforce' } } }).roles
assert(app)
const rules = JSON.stringify(app)

test('judge threads: a verdict is that of the rules, for short texts and long ones', async () => {
  await using threads = new JudgeThreads({ failed: (reason) => assert.fail(reason) })
  const judge = judgeOf(app, threads.ask)
  const [some, many] = [4_000, 100_000].map((size) => ` -- ${'x'.repeat(size)}`)
  for (const sql of ['select 1', `select 1${some}`, `select 1${many}`])
    assert.equal(await judge?.of(sql), undefined)
  for (const sql of [
    'drop table t',
    `drop table t${some}`,
    `drop table t${many}`,
    `select 1${some}\0`,
  ])
    assert.deepEqual(await judge?.of(sql), { rule: 'ddl', mode: 'enforce' })
  const several = Array.from({ length: 50 }, async (_, at) =>
    threads.ask({ sql: at % 2 === 0 ? `select ${at}` : `drop table t${at}`, rules }),
  )
  const answers = await Promise.all(several)
  assert(answers.every((answer, at) => (answer?.verdict === undefined) === (at % 2 === 0)))
})

/** Answers what is harmless, and fails as the text says. */
const FAILING = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads'
    parentPort.on('message', ({ sql }) => {
      if (sql === 'throw') throw new Error('damaged')
      if (sql === 'exit') process.exit(3)
      if (sql === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      parentPort.postMessage({ verdict: undefined, isTree: true })
    })`)}`,
)

test('judge threads: one that fails leaves its own question unanswered', async () => {
  const reasons: string[] = []
  const failed = (reason: string): void => void reasons.push(reason)
  await using threads = new JudgeThreads({ failed, program: FAILING, patienceMs: 20_000 })
  const told = async (sql: string): Promise<boolean> => {
    return (await threads.ask({ sql, rules })) !== undefined
  }
  const texts = ['a', 'throw', 'b', 'exit', 'c', 'd']
  const answers = await Promise.all(texts.map(told))
  assert.deepEqual(answers, [true, false, true, false, true, true])
  assert.deepEqual(reasons, ['damaged', 'status 3'])
})

test('judge threads: one that takes for ever is ended, and those behind are answered', async () => {
  const reasons: string[] = []
  const failed = (reason: string): void => void reasons.push(reason)
  await using threads = new JudgeThreads({ failed, program: FAILING, patienceMs: 1_000 })
  const [hung, behind] = ['hang', 'a'].map(async (sql) => threads.ask({ sql, rules }))
  assert.equal(await hung, undefined)
  assert.equal(reasons[0], 'took 1000 ms')
  await behind // a machine may be too slow for an answer within 1 s, but none is owed for ever
})

test('judge threads: after the end nothing is answered, and nothing begun', async () => {
  const threads = new JudgeThreads({ failed: (reason) => assert.fail(reason) })
  const pending = threads.ask({ sql: 'select 1', rules })
  await threads[Symbol.asyncDispose]()
  assert.equal(await pending, undefined)
  assert.equal(await threads.ask({ sql: 'select 1', rules }), undefined)
})
