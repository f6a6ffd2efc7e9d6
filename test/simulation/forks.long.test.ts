/** A bounded slice of bench/campaigns/forks.ts: real servers, promoted and gone back from a seed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fork } from './forks.ts'

const SEED = Number(process.env['VEILIG_SEED'] ?? 11)
const FORKS = 7

test('forks: whichever server is promoted, restored or rises, no restore brings another branch', async () => {
  const { timelines, rows } = await fork({ seed: SEED, forks: FORKS, restores: 2 })
  assert(timelines > FORKS / 2 && rows > FORKS, `${timelines} timelines, ${rows} rows`)
})
