/** What an operator is told of the end of a restore. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awayNote } from './stop.ts'

test('stop: the latest names who was away, and what that means; a moment does not care', () => {
  assert.equal(awayNote({ kind: 'latest' }, new Set()), undefined)
  assert.match(awayNote({ kind: 'latest' }, new Set(['b', 'a'])) ?? '', /^a, b did not .*seconds/)
  assert.equal(awayNote({ kind: 'time', atMs: 0, text: '' }, new Set(['a'])), undefined)
})
