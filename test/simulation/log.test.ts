/**
 * The log through everything that can happen to it, in simulated worlds: each seed is a history of
 * its own, and the same history every time.
 *
 * VEILIG_SIMULATION_SEED is the first seed, VEILIG_SIMULATION_WORLDS how many of each kind; a
 * failure names its own. `bench/campaigns/log-simulation.ts` runs thousands.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds, liveThrough } from './worlds.ts'

const SEED = Number(process.env['VEILIG_SIMULATION_SEED'] ?? 6)
const WORLDS = Number(process.env['VEILIG_SIMULATION_WORLDS'] ?? 1)

for (const kind of kinds.slice(1, 3)) {
  test(`log: nothing promised is lost in any world; ${kind.name}`, async () => {
    const { kills, forks, commits, checks } = await liveThrough(kind, SEED, WORLDS)
    assert(Math.min(kills, forks, commits, checks) > 0, 'too little happened to prove anything')
  })
}
