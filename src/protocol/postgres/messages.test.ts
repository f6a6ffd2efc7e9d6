/** Frontend messages: what is read of them, and what of a text too long to hold. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { hex } from '#kit/vectors.ts'
import { LongText, readBind, readExecute, readParse, readQuery, readTarget } from './messages.ts'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

test('messages: a query is its text', () => {
  const read = readQuery(Buffer.from('SELECT 1\0'))
  assert.equal(Buffer.from(read.kept).toString(), 'SELECT 1')
  assert.deepEqual([read.size, read.sha256], [8, digest('SELECT 1')])
})

test('messages: a zero byte that hides the rest of a query is refused', () => {
  const hidden = Buffer.from('SELECT 1\0; DROP TABLE x\0')
  assert.throws(() => readQuery(hidden), { code: 'PG_TEXT_NUL' })
  const text = new LongText('Query', hidden.subarray(0, 4))
  assert.throws(() => text.push(hidden.subarray(4)), { code: 'PG_TEXT_NUL' })
  const parse = Buffer.from('s\0SELECT 1\0; DROP TABLE x\0\0\0')
  assert.throws(() => readParse(parse), { code: 'PG_MESSAGE_INVALID' })
})

test('messages: a query without its terminator is refused', () => {
  assert.throws(() => readQuery(Buffer.from('SELECT 1')), { code: 'PG_MESSAGE_INVALID' })
})

test('messages: a parse is a name, a text and types that add up', () => {
  const body = Buffer.concat([Buffer.from('s1\0SELECT $1\0'), hex('0001 00000017')])
  const read = readParse(body)
  assert.deepEqual([read.name, Buffer.from(read.kept).toString()], ['s1', 'SELECT $1'])
  assert.throws(() => readParse(body.subarray(0, -1)), { code: 'PG_MESSAGE_INVALID' })
})

test('messages: a text too long to hold is digested as it passes, wherever it is cut', () => {
  const text = 'SELECT '.padEnd(300, 'x')
  const query = Buffer.from(`${text}\0`)
  const parse = Buffer.concat([Buffer.from(`s1\0${text}\0`), hex('0002 00000017 00000019')])
  for (const [message, body, name] of [
    ['Query', query, ''],
    ['Parse', parse, 's1'],
  ] as const) {
    for (let cut = 4; cut < body.length; cut++) {
      const long = new LongText(message, body.subarray(0, cut))
      for (let at = cut; at < body.length; at += 7) long.push(body.subarray(at, at + 7))
      const read = long.end()
      assert.deepEqual([read.name, read.size, read.sha256], [name, 300, digest(text)])
      const start = message === 'Parse' ? 3 : 0
      const kept = text.slice(0, Math.max(0, cut - start))
      assert.equal(Buffer.from(read.kept).toString(), kept)
    }
  }
})

test('messages: a long parse whose types do not add up is refused', () => {
  const long = new LongText('Parse', Buffer.from('s1\0SELECT'))
  long.push(Buffer.concat([Buffer.from(' 1\0'), hex('0002 00000017')]))
  assert.throws(() => long.end(), { code: 'PG_MESSAGE_INVALID' })
})

test('messages: of a bind the names and the number of values are read, the values are not', () => {
  const head = Buffer.concat([Buffer.from('p\0s\0'), hex('0002 0000 0001 0003 ffff')])
  assert.deepEqual(readBind(head), { portal: 'p', statement: 's', parameters: 3 })
  assert.throws(() => readBind(head.subarray(0, 9)), { code: 'PG_MESSAGE_INVALID' })
})

test('messages: names are cut where PostgreSQL cuts them, and keep every byte', () => {
  const name = `${'n'.repeat(62)}\xff`
  const body = Buffer.from(`${name}tail\0\0\0\0\0`, 'latin1')
  assert.equal(readExecute(body), name)
})

test('messages: close and describe name a statement or a portal', () => {
  assert.deepEqual(readTarget(Buffer.from('Ss1\0')), { kind: 'statement', name: 's1' })
  assert.deepEqual(readTarget(Buffer.from('P\0')), { kind: 'portal', name: '' })
  assert.throws(() => readTarget(Buffer.from('X\0')), { code: 'PG_MESSAGE_INVALID' })
})
