/** More worlds than `log.test.ts`; a bounded slice of bench/campaigns/log-simulation.ts. */
import { test } from 'node:test'
import { kinds, liveThrough } from './worlds.ts'

for (const kind of kinds) {
  test(`log: nothing promised is lost in more worlds; ${kind.name}`, async () => {
    await liveThrough(kind, 1000, 4)
  })
}
