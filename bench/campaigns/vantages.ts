/**
 * A schedule of faults whose truth is known, at the pace that is configured by default: the status
 * service and two `veilig run vantage`, each in a network namespace of its own, over wires that
 * lose 2 % of all packets all the time. Outages are hangs, partitions and answers that do not come
 * back; between them single vantages are cut off, which is no outage, and once two at a time, which
 * leaves nobody to say.
 *
 * bin/node bench/campaigns/vantages.ts, as root. VEILIG_OUTAGES (12), VEILIG_SEED.
 */
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { mulberry32 } from '#kit/random.ts'
import { startTown, townIsPossible, wires, type Carries, type WireName } from '#kit/vantage-town.ts'

if (!townIsPossible()) {
  process.stdout.write('left out: needs root, ip netns, python3 and openssl\n')
  process.exit(0)
}

const OUTAGES = Number(process.env['VEILIG_OUTAGES'] ?? 12)
const SEED = Number(process.env['VEILIG_SEED'] ?? 6)
const LOSS = 0.02
const SECOND_MS = 1000
const GOAL_MS = 30_000
const MONTH_MS = 30 * 86_400_000
/** Time between looks is settled this late. */
const SETTLE_MS = 150_000
const random = mulberry32(SEED)
const between = (from: number, to: number): number => (from + random() * (to - from)) * SECOND_MS

await using town = await startTown({ intervalSeconds: 10, timeoutSeconds: 5 })
const names = Object.keys(wires) as readonly WireName[]
const looking = ['here', 'east', 'west'] as const

async function carry(who: readonly WireName[], how: Carries): Promise<void> {
  for (const name of who) await town.wire(name, { loss: LOSS, ...how })
}

const kinds = ['hang', 'partition', 'one-way'] as const
type Kind = (typeof kinds)[number]

async function begin(kind: Kind): Promise<void> {
  if (kind === 'hang') town.hang()
  else await carry(looking, kind === 'partition' ? { there: false, back: false } : { back: false })
}

async function end(kind: Kind): Promise<void> {
  if (kind === 'hang') town.wake()
  else await carry(looking, {})
}

/** When it turned so, or undefined. */
function turned(state: string, sinceMs: number): number | undefined {
  return town.turns.find((turn) => turn.atMs >= sinceMs && turn.state === state)?.atMs
}

/** However loaded the machine is. */
const PATIENCE_MS = 300_000

async function shows(state: string): Promise<void> {
  const fromMs = Date.now()
  for (;;) {
    const { components } = await town.status.json()
    if (components[0]?.state === state) return
    assert(Date.now() - fromMs < PATIENCE_MS, `it never shows ${state}`)
    await delay(SECOND_MS)
  }
}

const up = (): Promise<void> => shows('up')

await carry(names, {})
await up()
const startedMs = await nextMinute()
const told: { kind: Kind; fromMs: number; untilMs: number; delayMs: number }[] = []
let falseAlarms = 0
for (let at = 0; at < OUTAGES; at++) {
  const kind = kinds[at % kinds.length]!
  // Alone, each of these is no outage.
  const one = looking[1 + (at % 2)]!
  const quietMs = Date.now()
  await carry([one], at % 4 < 2 ? { back: false } : { there: false, back: false })
  await delay(between(20, 35))
  await carry([one], {})
  await delay(between(15, 30))
  if (turned('down', quietMs) !== undefined) falseAlarms++
  const fromMs = Date.now()
  await begin(kind)
  await delay(between(45, 75))
  const untilMs = Date.now()
  await end(kind)
  const seenMs = turned('down', fromMs)
  told.push({ kind, fromMs, untilMs, delayMs: (seenMs ?? Infinity) - fromMs })
  await up()
  say({ outage: at + 1, kind, detectedSeconds: ((seenMs ?? Infinity) - fromMs) / SECOND_MS })
}
const knownUntilMs = await nextMinute()
await delay(SETTLE_MS)
const spent = await spentBetween(startedMs, knownUntilMs)
const wholeMs = knownUntilMs - startedMs
const downMs = told.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0)
const unknownMs = wholeMs - spent.upMs - spent.downMs
const guessMs = spent.downMs + unknownMs / 2
const errorMs = Math.abs(guessMs - downMs)
const p95Ms = told.map(({ delayMs }) => delayMs).toSorted((a, b) => a - b)[
  Math.ceil(0.95 * told.length) - 1
]!
say({
  outages: told.length,
  detectedP95Seconds: p95Ms / SECOND_MS,
  detectedMaxSeconds: Math.max(...told.map(({ delayMs }) => delayMs)) / SECOND_MS,
  falseAlarms,
  watchedMinutes: wholeMs / 60_000,
  downSecondsTrue: downMs / SECOND_MS,
  downSecondsFrom: spent.downMs / SECOND_MS,
  downSecondsTo: (spent.downMs + unknownMs) / SECOND_MS,
  errorSeconds: errorMs / SECOND_MS,
  errorPointsOfThirtyDays: (errorMs / MONTH_MS) * 100,
})
assert(spent.downMs <= downMs && downMs <= spent.downMs + unknownMs, 'the truth is in the bounds')

// Two of three cannot be heard: nobody knows, and that is what is shown.
await carry(['eastHome', 'westHome'], { there: false, back: false })
await shows('unknown')
await carry(['eastHome', 'westHome'], {})
await up()
say({ unknownShown: true })
assert.equal(falseAlarms, 0)
assert(p95Ms <= GOAL_MS, `p95 ${p95Ms} ms`)

type Known = { readonly upMs: number; readonly downMs: number }

/** Time is kept by the minute: the schedule begins and ends with one. */
async function nextMinute(): Promise<number> {
  const nextMs = (Math.floor(Date.now() / 60_000) + 1) * 60_000
  await delay(nextMs - Date.now())
  return nextMs
}

/** What the service noted of this time, in whole minutes. */
async function spentBetween(fromMs: number, untilMs: number): Promise<Known> {
  const { rows } = await town.status.pool.query<{ up: number; down: number }>(
    `select sum(up_ms)::float8 as up, sum(down_ms)::float8 as down from minute
       where start >= to_timestamp($1 / 1000.0) and start < to_timestamp($2 / 1000.0)`,
    [fromMs, untilMs],
  )
  return { upMs: rows[0]?.up ?? 0, downMs: rows[0]?.down ?? 0 }
}

function say(figures: object): void {
  process.stdout.write(`${JSON.stringify({ bench: 'vantages', seed: SEED, ...figures })}\n`)
}
