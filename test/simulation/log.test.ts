/**
 * The log through everything that can happen to it, in simulated worlds: each seed is a history of
 * its own, and the same history every time.
 *
 * VEILIG_SIMULATION_SEED is the first seed, VEILIG_SIMULATION_WORLDS how many; a failure names its
 * own. `bench/campaigns/log-simulation.ts` runs thousands.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World, type Lived } from './world.ts'

const SEED = Number(process.env['VEILIG_SIMULATION_SEED'] ?? 1)
const WORLDS = Number(process.env['VEILIG_SIMULATION_WORLDS'] ?? 40)

const kinds = [
  { name: 'asynchronous, all regions required', required: 3, needed: 0 },
  { name: 'asynchronous, one region required', required: 1, needed: 0 },
  { name: 'synchronous, two of three regions', required: 1, needed: 2 },
  { name: 'synchronous, all that are required', required: 2, needed: 2 },
]

for (const { name, required, needed } of kinds) {
  test(`log: nothing promised is lost in any world; ${name}`, async () => {
    const sum: Lived = { kills: 0, forks: 0, gaps: 0, commits: 0, checks: 0 }
    for (let seed = SEED; seed < SEED + WORLDS / kinds.length; seed++) {
      const world = new World({ seed, steps: 40, required, needed })
      const lived = await world.live().catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
      })
      for (const count of Object.keys(sum) as (keyof Lived)[]) sum[count] += lived[count]
    }
    const { kills, forks, commits, checks } = sum
    assert(Math.min(kills, forks, commits, checks) > 0, 'too little happened to prove anything')
  })
}
