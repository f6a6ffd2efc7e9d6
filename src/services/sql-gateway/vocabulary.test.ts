/** Columns about people, by the words of a statement; each form of it is gone through once. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { Vocabulary } from './vocabulary.ts'

before(() => loadSqlParser())

const email = { schema: 'public', relation: 'members', column: 'email', name: 'members.email' }
function vocabulary(): Vocabulary {
  const relations = new Set(['members'])
  return new Vocabulary({ columns: [email], relations, guess: undefined, isGuessed: () => false })
}

test('vocabulary: other constants change nothing of what a statement sends', () => {
  const known = vocabulary()
  const texts: readonly (readonly [string, readonly string[]])[] = [
    [`select upper(email) from members where id = 1 and name <> 'email'`, ['(members.email)']],
    [`select upper(email) from members where id = 2 and name <> ''`, ['(members.email)']],
    [`select upper(name) from members where email = 'a'`, []],
    [`select upper(name) from members where email = 'b; select email from members'`, []],
    [`select upper(name), 'email' from members where email = 'b'`, []],
    [`copy members (email) to stdout`, ['members.email']],
    [`copy (select email from members where id = 7) to stdout`, ['members.email']],
    [`select * from members where id = 3`, ['members.email']],
  ]
  for (const [sql, sent] of texts) {
    assert.deepEqual(known.read(sql).all, sent, sql)
    assert.deepEqual(known.read(sql), vocabulary().read(sql), sql)
  }
})

test('vocabulary: a form is gone through once', () => {
  const known = vocabulary()
  const read = known.read(`select upper(email) from members where id = 1`)
  assert.equal(known.read(`select upper(email) from members where id = 99`), read)
  assert.notEqual(known.read(`select lower(email) from members where id = 1`), read)
})

test('vocabulary: what only an expression brings is told apart, and so are schemas', () => {
  const known = vocabulary()
  const both = known.read(`select email, upper(email) from members`)
  assert.deepEqual(both.all, ['members.email', '(members.email)'])
  assert.deepEqual(both.derived, ['(members.email)'])
  assert.deepEqual(known.read(`select email from public.members`).all, ['members.email'])
  assert.deepEqual(known.read(`select email from archive.members`).all, [])
})

test('vocabulary: a text that is too long is not gone through', () => {
  const [short, long] = [1_000, 20_000].map(
    (size) => `select email from members --${'x'.repeat(size)}`,
  )
  assert.deepEqual(vocabulary().read(short ?? '').all, ['members.email'])
  assert.deepEqual(vocabulary().read(long ?? '').all, [])
})
