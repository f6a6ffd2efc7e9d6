/** Two days at 2 % loss; thirty in `status.long.test.ts`. */
import { test } from 'node:test'
import { seesOutagesOnly } from './status-law.ts'

test('status: at 2 % random loss every outage is seen in time, and no other', async (context) => {
  context.diagnostic(await seesOutagesOnly(2, 0.02, 6))
})
