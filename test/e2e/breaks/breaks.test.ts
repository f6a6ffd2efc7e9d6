/** Every claim has a break, or says why a ring on one machine cannot have it proven. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { claims } from '#lib/claims/table.ts'
import { breaks, elsewhere } from './table.ts'

test('breaks: every live claim is broken in a running ring, or with a reason elsewhere', () => {
  const live = claims.filter(({ probe }) => probe === 'live').map(({ id }) => id)
  const known = [...Object.keys(breaks), ...Object.keys(elsewhere)]
  assert.deepEqual(known.toSorted(), live.toSorted())
  for (const id of Object.keys(elsewhere)) assert(existsSync(`test/e2e/claims/${id}.test.ts`), id)
})

test('breaks: what else turns is a claim, too', () => {
  const ids = claims.map(({ id }) => id)
  for (const { also = [] } of Object.values(breaks))
    for (const id of also) assert(ids.includes(id), id)
})
