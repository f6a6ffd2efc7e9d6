/** A slice of the campaign of tamperings: bench/campaigns/tampering.ts runs it whole. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds, tamper } from '../../test/simulation/tampering.ts'

test('verify: the witness’s checkpoint alone finds any tampering with all keys', async () => {
  const tried = await tamper(20_261, 2 * kinds.length)
  const passed = tried.filter(({ found }) => found.length === 0)
  assert.deepEqual(passed, [])
})
