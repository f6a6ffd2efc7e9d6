/** Lines of the server's log in both of its forms, and what pgaudit tells of the inside. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  csvRecords,
  insideStatement,
  provesWork,
  readCsvLog,
  readJsonLog,
  type LogLine,
} from './server-log.ts'

const expected: LogLine = {
  pid: 0x4d,
  startMs: 0x6c4f1a2b * 1000,
  role: 'app',
  database: 'club',
  address: '192.0.2.7',
  application: 'psql',
  message: 'statement: select "a,b"\nfrom t',
}

const json = {
  user: 'app',
  dbname: 'club',
  pid: 77,
  remote_host: '192.0.2.7',
  remote_port: 40222,
  session_id: '6c4f1a2b.4d',
  message: expected.message,
  application_name: 'psql',
  backend_type: 'client backend',
}

function csvOf(from: string, message: string, backend = 'client backend'): string {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
  const start = `2026-11-23 10:00:00.000 UTC,"app","club",77,${quoted(from)},6c4f1a2b.4d,1,"SELECT"`
  const middle = `2026-11-23 09:59:59 UTC,3/4,0,LOG,00000,${quoted(message)},,,,,,,,,`
  return `${start},${middle}"psql",${quoted(backend)},,0\n`
}

test('server log: both forms give the same line', () => {
  assert.deepEqual(readJsonLog(JSON.stringify(json)), expected)
  const text = csvOf('192.0.2.7:40222', expected.message) + csvOf('[local]', 'x')
  const { records, rest } = csvRecords(`${text}2026-11-23,"cut`)
  assert.equal(rest, '2026-11-23,"cut')
  assert.deepEqual(records.map(readCsvLog), [expected, { ...expected, address: '', message: 'x' }])
  assert.equal(readJsonLog(JSON.stringify({ ...json, remote_host: '[local]' }))?.address, '')
})

test('server log: what is no line of a client is none', () => {
  for (const text of ['', '{', '7', 'null', '[]', JSON.stringify({ ...json, session_id: '-' })])
    assert.equal(readJsonLog(text), undefined, text)
  assert.equal(readJsonLog(JSON.stringify({ ...json, backend_type: 'checkpointer' })), undefined)
  assert.equal(readJsonLog(JSON.stringify({ ...json, user: undefined })), undefined)
  assert.equal(readCsvLog(csvOf('[local]', 'x', 'autovacuum worker').trim()), undefined)
  assert.equal(readCsvLog('a,b'), undefined)
})

test('server log: only what was done proves that somebody was inside', () => {
  const says = (message: string): boolean => provesWork({ ...expected, message })
  const inside = [
    'statement: select 1',
    'execute <unnamed>: select $1',
    'execute s/c: select $1',
    'duration: 0.123 ms  statement: select 1',
    'AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>',
    'received replication command: IDENTIFY_SYSTEM',
  ]
  const outside = [
    'connection received: host=192.0.2.7 port=40222',
    'password authentication failed for user "app"',
    'no pg_hba.conf entry for host "192.0.2.7", user "app", database "club", no encryption',
    'duration: 0.123 ms',
  ]
  for (const message of inside) assert(says(message), message)
  for (const message of outside) assert(!says(message), message)
})

test('server log: what ran inside another statement is told apart from what was sent', () => {
  const said = (message: string): string | undefined => insideStatement({ ...expected, message })
  assert.equal(said('AUDIT: SESSION,33,1,FUNCTION,DO,,,"DO $$BEGIN END$$",<not logged>'), undefined)
  const inner = 'AUDIT: SESSION,33,2,ROLE,CREATE ROLE,,,"CREATE ROLE ""x"" SUPERUSER",<not logged>'
  assert.equal(said(inner), 'CREATE ROLE "x" SUPERUSER')
  assert.equal(
    said('AUDIT: SESSION,33,3,READ,SELECT,,,<previously logged>,<previously logged>'),
    undefined,
  )
  assert.equal(said('statement: select 1'), undefined)
})
