/** Statements whose text needs several records are judged whole. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { RecordedEvent } from '#audit/read.ts'
import type { AuditDetail } from '#audit/trail.ts'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { detectionConfig } from './config.ts'
import { Watch } from './watch.ts'

const PART = 128 * 1024

before(() => loadSqlParser())

let sequence = 0
function event(code: string, detail: AuditDetail, process = 'sql-gateway'): RecordedEvent {
  return { process, sequence: sequence++, timeMs: 1, code, detail }
}

/** The records that the gateway makes of a text. */
function records(sql: string, sqlBytes: number, process?: string): readonly RecordedEvent[] {
  const who = { user: 'app', database: 'club', address: '192.0.2.7', session: 's', sequence: 7 }
  const texts = Array.from({ length: Math.ceil(sql.length / PART) }, (_, at) =>
    sql.slice(at * PART, (at + 1) * PART),
  )
  return texts.map((part, at) =>
    at === 0
      ? event(
          'DB_STATEMENT',
          { ...who, kind: 'query', sql: part, sqlBytes, truncated: false },
          process,
        )
      : event('DB_STATEMENT_TEXT', { session: 's', sequence: 7, part: at, sql: part }, process),
  )
}

const filler = `select '${'x'.repeat(300_000)}'`
const attack = `${filler}; copy (select 1) to program 'id'`
const done = event('DB_STATEMENT_DONE', { session: 's', sequence: 7, outcome: 'done' })

function detectors(events: readonly RecordedEvent[]): readonly string[] {
  const watch = new Watch(detectionConfig.parse({}))
  return events.flatMap((each) => watch.see(each).map(({ detector }) => detector))
}

test('long texts: what comes last in three records is judged with the last of them', () => {
  assert(detectors(records(attack, attack.length)).includes('escalation.copy-program'))
  assert.deepEqual(
    detectors(records(filler, filler.length)).filter((id) => id.startsWith('escalation')),
    [],
  )
})

test('long texts: one that a password was taken out of is judged with what follows it', () => {
  const shorter = records(attack, attack.length + 100)
  assert(!detectors(shorter).includes('escalation.copy-program'))
  assert(detectors([...shorter, done]).includes('escalation.copy-program'))
})

test('long texts: the books of several processes do not mix', () => {
  const one = records(attack, attack.length)
  const two = records(filler, filler.length, 'sql-gateway-1')
  const mixed = one.flatMap((each, at) => [each, ...two.slice(at, at + 1)])
  const found = detectors(mixed).filter((id) => id === 'escalation.copy-program')
  assert.equal(found.length, 1)
})
