/** What `veilig restore` says to somebody who forgot something, at night. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whatIsMissing } from './restore.ts'

test('restore: the one thing that is missing is named, not all that there is', () => {
  const to = 'latest'
  const live = 'postgresql://club'
  assert.match(whatIsMissing({ into: '/new' }), /^say where to end: --to 2026-/)
  assert.match(whatIsMissing({ to }), /^say where to write: --into/)
  assert.match(whatIsMissing({ to, table: 'a' }), /^--table goes .*: add --live postgresql:/)
  assert.match(whatIsMissing({ to, database: 'a' }), /^--database goes .*: add --live/)
  assert.match(whatIsMissing({ to, table: 'a', live, into: '/x' }), /leave --into out/)
  assert.match(whatIsMissing({ to, table: 'a', database: 'b', live }), /--table or a --database/)
})
