/**
 * Every control broken in turn in a running ring: its sentence turns within a minute, no other does,
 * and it turns back once the control is mended.
 *
 * A few by default; all with `VEILIG_BREAKS=all`, some by their names: `VEILIG_BREAKS='tls.*'`.
 */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryFolder } from '#kit/postgres.ts'
import type { StatusJson } from '#services/status/json.ts'
import { breaks } from './table.ts'
import { WholeRing } from './whole-ring.ts'

const BOUND_MS = 60_000
/** Long enough for a machine on which much else runs; what it took is told. */
const PATIENCE_MS = 240_000
/** Until a new ring has its first backup restored and read back. */
const FIRST_MS = 900_000
const LOOK_EVERY_MS = 250

const wanted = process.env['VEILIG_BREAKS'] ?? 'access.roles staff.isolation breach.notice'
/** As configured by default, when it is to be measured; else often, so that it is quick. */
const isMeasured = process.env['VEILIG_BREAKS'] !== undefined
const chosen = Object.entries(breaks).filter(([id]) => {
  if (wanted === 'all') return true
  return wanted.split(' ').some((name) => new RegExp(`^${name.replace('*', '.*')}$`).test(id))
})

const stack = new AsyncDisposableStack()
let ring: WholeRing
before(async () => {
  const folder = await temporaryFolder('breaks')
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  ring = stack.use(await WholeRing.start(folder, isMeasured ? {} : { intervalSeconds: 5 }))
})
after(() => stack.disposeAsync())

async function until(id: string, state: string, patienceMs: number = PATIENCE_MS): Promise<number> {
  const fromMs = performance.now()
  for (;;) {
    const is = (await ring.claims()).get(id)
    const spentMs = performance.now() - fromMs
    if (is === state) return spentMs
    if (spentMs > patienceMs) assert.fail(`${id} is ${is}, not ${state}: ${await ring.why(id)}`)
    await delay(LOOK_EVERY_MS)
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

for (const [id, { how, also = [], break: breakIt }] of chosen) {
  test(`breaks: ${id} turns when ${how}, and turns back`, async (t) => {
    for (const one of [id, ...also]) await until(one, 'proven', FIRST_MS)
    const mend = await breakIt(ring)
    let turnedMs = 0
    try {
      turnedMs = await until(id, 'failing')
      const failing = [...(await ring.claims())].filter(([, state]) => state === 'failing')
      const strange = failing.filter(([one]) => one !== id && !also.includes(one))
      assert.deepEqual(strange, [], 'no other sentence turns')
    } finally {
      await mend()
    }
    const backMs = await until(id, 'proven')
    t.diagnostic(`${id}: turned in ${seconds(turnedMs)}, back in ${seconds(backMs)}`)
    if (isMeasured && turnedMs > BOUND_MS) t.diagnostic(`${id}: LATER THAN PROMISED`)
  })
}

async function areDown(ids: readonly string[]): Promise<boolean> {
  const { components } = JSON.parse((await ring.page('status', '/status.json')).text) as StatusJson
  const down = components.filter(({ state }) => state === 'down').map(({ id }) => id)
  return ids.every((id) => down.includes(id))
}

test('pages: with the application and the database gone, trust and status stand and say so', async (t) => {
  const goOn = [ring.freezeApplication(), ring.freezeDatabase()]
  try {
    const fromMs = performance.now()
    while (!(await areDown(['application', 'database']))) {
      assert(performance.now() - fromMs < PATIENCE_MS, 'the status page tells of both')
      await delay(LOOK_EVERY_MS)
    }
    for (const name of ['trust', 'status'] as const) {
      const fromMs = performance.now()
      const { status, text } = await ring.page(name, '/en')
      assert.equal(status, 200, name)
      t.diagnostic(`${name}: a page in ${(performance.now() - fromMs).toFixed(0)} ms`)
      assert.match(text, name === 'trust' ? /promises are proven/ : /Not everything works\./)
    }
  } finally {
    for (const go of goOn) go()
  }
})
