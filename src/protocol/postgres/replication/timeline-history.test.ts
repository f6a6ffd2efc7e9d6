/** Timeline histories as PostgreSQL writes them, and ones it never would. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { historyFileName, parseTimelineHistory } from './timeline-history.ts'

test('timeline history: ancestors with the position each ends at', () => {
  const content = '1\t0/3000148\tno recovery target specified\n\n# note\n2\t0/5000000\tbefore x\n'
  assert.deepEqual(parseTimelineHistory(content), [
    { timeline: 1, endLsn: 0x300_0148n },
    { timeline: 2, endLsn: 0x500_0000n },
  ])
  assert.equal(historyFileName(0x1f), '0000001F.history')
})

test('timeline history: one that does not ascend is refused', () => {
  for (const content of ['2\t0/1\tx\n1\t0/2\tx', '1\t0/2\tx\n2\t0/1\tx', 'x', '0\t0/1', '1\tx']) {
    assert.throws(() => parseTimelineHistory(content), { code: 'PG_VALUE_INVALID' }, content)
  }
})
