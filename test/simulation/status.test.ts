/** Two days of the status service at 2 % loss, in seconds; `STATUS_DAYS=30` for the long campaign. */
import { test } from 'node:test'
import { seesOutagesOnly } from './status-law.ts'

const days = Number(process.env['STATUS_DAYS'] ?? 2)
const seed = Number(process.env['SEED'] ?? 6)

test(`status: no false incident in ${days} days at 2 % random loss`, async (context) => {
  context.diagnostic(await seesOutagesOnly(days, 0.02, seed))
})
