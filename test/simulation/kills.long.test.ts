/** A bounded slice of bench/campaigns/kills.ts: real processes, killed from one seed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fight } from './kills.ts'

const SEED = Number(process.env['VEILIG_SEED'] ?? 7)
const KILLS = 10

for (const synchronous of [true, false]) {
  const promise = synchronous ? 'no acknowledged commit is lost' : 'no more is lost than is shown'
  test(`kills: whoever is killed, ${promise}`, async () => {
    const { commits, rows } = await fight({ seed: SEED, kills: KILLS, synchronous })
    assert(commits > KILLS && rows >= commits, `${commits} commits, ${rows} rows`)
  })
}
