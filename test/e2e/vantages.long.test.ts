/**
 * Three who look, in network namespaces of their own, under faults of the network itself: what one
 * alone sees is no outage, what all see is, and who is cut off abstains.
 *
 * Needs root and `ip netns`; without them it says so and is left out. How soon, how exact and for
 * how long without a false alarm is measured by bench/campaigns/vantages.ts.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTown, townIsPossible, type VantageTown } from '#kit/vantage-town.ts'

const skip = townIsPossible() ? false : 'needs root, ip netns, python3 and openssl'
const stack = new AsyncDisposableStack()
let town: VantageTown

before(async () => {
  if (skip === false) town = stack.use(await startTown({ intervalSeconds: 1, timeoutSeconds: 3 }))
})
after(() => stack.disposeAsync())

async function stateIs(state: string): Promise<void> {
  await town.status.until(({ components }) => components[0]?.state === state)
}

/** Both were heard of twice since. */
async function heardTwice(names: readonly string[]): Promise<void> {
  for (let round = 0; round < 2; round++) await town.heard(names)
}

const turns = (): string[] => town.turns.map(({ state }) => state)

test(
  'vantages: one that is cut off from the target, both ways or one, makes no outage',
  { skip },
  async () => {
    await stateIs('up')
    const before = turns().length
    await town.wire('east', { there: false, back: false })
    await heardTwice(['east', 'west'])
    await stateIs('up')
    await town.wire('east', {})
    // Packets arrive at the target, and its answers do not come back.
    await town.wire('west', { back: false })
    await heardTwice(['east', 'west'])
    await stateIs('up')
    await town.wire('west', {})
    assert.deepEqual(turns().slice(before), [])
  },
)

test(
  'vantages: a target that hangs is down for all, and up once it answers again',
  { skip },
  async () => {
    await heardTwice(['east', 'west'])
    const before = turns().length
    town.hang()
    await stateIs('down')
    town.wake()
    await stateIs('up')
    assert.deepEqual(turns().slice(before), ['down', 'up'])
  },
)

test('vantages: a target whose answers reach nobody is down', { skip }, async () => {
  for (const name of ['here', 'east', 'west'] as const) await town.wire(name, { back: false })
  await stateIs('down')
  for (const name of ['here', 'east', 'west'] as const) await town.wire(name, {})
  await stateIs('up')
})

test(
  'vantages: who reaches nobody abstains; two silent ones leave nobody to say',
  { skip },
  async () => {
    await town.wire('eastHome', { there: false, back: false })
    await heardTwice(['west'])
    await stateIs('up')
    await town.wire('westHome', { there: false, back: false })
    await stateIs('unknown')
    await town.wire('eastHome', {})
    await town.wire('westHome', {})
    await stateIs('up')
  },
)
