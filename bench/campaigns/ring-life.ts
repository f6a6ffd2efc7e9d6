/**
 * A while in the life of a whole ring whose clockwork turns fast: a difference every three minutes,
 * a synthetic full backup every four, a drill of each within twelve; while objects are damaged in
 * one region or the other. At the end every backup old enough has been restored in time, synthetic
 * ones were made by the schedule, and all is whole in every region.
 *
 * bin/node bench/campaigns/ring-life.ts. VEILIG_MINUTES (20), VEILIG_SEED.
 */
import assert from 'node:assert/strict'
import { open, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryFolder } from '#kit/postgres.ts'
import { mulberry32 } from '#kit/random.ts'
import { freePortBase, startRing } from '#kit/ring.ts'

const MINUTE_MS = 60_000
const seed = Number(process.env['VEILIG_SEED'] ?? Date.now() % 1_000_000)
const minutes = Number(process.env['VEILIG_MINUTES'] ?? 20)
const random = mulberry32(seed)
const DRILLED_WITHIN_MS = 12 * MINUTE_MS
const HARM_EVERY_MS = 2 * MINUTE_MS

const settings = {
  backup: { fullEveryMinutes: 240, differentialEveryMinutes: 3, syntheticFullEveryMinutes: 4 },
  drill: { everyHours: 0.2, verifyEveryHours: 0.1, firstAfterSeconds: 0, retryMinutes: 1 },
}

const home = await temporaryFolder('life')
const data = join(home, 'data')
const config = join(home, 'veilig.yaml')
await writeFile(config, JSON.stringify(settings))
const ring = await startRing({ data, config, portBase: await freePortBase() })
try {
  const endMs = Date.now() + minutes * MINUTE_MS
  const harmed: string[] = []
  while (Date.now() < endMs) {
    await delay(HARM_EVERY_MS)
    const name = await harmOne(harmed)
    if (name !== undefined) harmed.push(name)
    process.stderr.write(`${new Date().toISOString()} damaged ${name}\n`)
  }
  const lived = await judge(ring, harmed)
  process.stdout.write(`${JSON.stringify({ campaign: 'ring-life', seed, minutes, ...lived })}\n`)
} finally {
  await ring.interrupt()
}
await rm(home, { recursive: true, force: true })

type Command = (...args: string[]) => Promise<string>

type Event = { readonly code: string; readonly atMs: number; readonly detail: string }

async function judge(
  { command }: { readonly command: Command },
  harmed: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  // Once a verification that began after the last harm has ended, all is whole.
  const lastHarmMs = Date.now()
  let mended: readonly Event[] = []
  for (;;) {
    const events = await eventsOf(command)
    mended = events.filter(({ code }) => code === 'BACKUP_OBJECT_REPAIRED')
    const left = harmed.filter((name) => !mended.some(({ detail }) => detail.includes(name)))
    if (left.length === 0) break
    assert(Date.now() < lastHarmMs + 15 * MINUTE_MS, `not mended: ${left.join()}`)
    await delay(10_000)
  }
  assert.match(await command('backup', 'verify', '--contents'), /All is as it was stored/)
  const { backups } = JSON.parse(await command('backup', 'list', '--json')) as {
    backups: { id: string; finishedMs: number; synthetic?: { madeMs: number; from: string } }[]
  }
  const events = await eventsOf(command)
  const failed = events.filter(({ code }) => code === 'DRILL_FAILED')
  assert.deepEqual(failed, [])
  const passed = events.filter(({ code }) => code === 'DRILL_PASSED')
  // What was put together from a backup holds its state, and is what a restore begins with.
  const twins = new Set(backups.map(({ synthetic }) => synthetic?.from))
  const waits = backups.flatMap(({ id, finishedMs, synthetic }) => {
    if (twins.has(id)) return []
    const madeMs = synthetic?.madeMs ?? finishedMs
    const drilled = passed.find(({ detail }) => detail.includes(id))
    const waitedMs = (drilled?.atMs ?? Date.now()) - madeMs
    assert(waitedMs <= DRILLED_WITHIN_MS, `${id} was not restored in ${waitedMs} ms`)
    return drilled ? [waitedMs] : []
  })
  const synthetic = events.filter(({ code }) => code === 'BACKUP_SYNTHESIZED').length
  assert(synthetic >= Math.floor(minutes / 5), `${synthetic} synthetic full backups`)
  return {
    backups: backups.length,
    synthetic,
    drills: passed.length,
    drilledAfterSecondsMost: Math.round(Math.max(...waits) / 1000),
    damaged: harmed.length,
    mended: mended.length,
  }
}

async function eventsOf(command: Command): Promise<readonly Event[]> {
  const codes = ['BACKUP_OBJECT_REPAIRED', 'BACKUP_SYNTHESIZED', 'DRILL_PASSED', 'DRILL_FAILED']
  const sql =
    `select code, epoch_ms(time) as "atMs", cast(detail as varchar) as detail from events ` +
    `where code in (${codes.map((code) => `'${code}'`).join()})`
  const text = await command('audit', 'query', sql, '--limit', '10000', '--json')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event)
    .map((event) => ({ ...event, atMs: Number(event.atMs) }))
}

/** Flips a bit of an object that stays, in one region; no object in two: that nobody could mend. */
async function harmOne(harmed: readonly string[]): Promise<string | undefined> {
  const region = join(data, 'regions', random() < 0.5 ? 'region-a' : 'region-b', 'backups')
  const all = await readdir(region, { recursive: true })
  const names = all.filter((one) => /pack-/.test(one) && !harmed.includes(one))
  const name = names.sort()[Math.floor(random() * names.length)]
  if (name === undefined) return undefined
  await using file = await open(join(region, name), 'r+')
  const { size } = await file.stat()
  const at = Math.floor(random() * size)
  const byte = new Uint8Array(1)
  await file.read(byte, 0, 1, at)
  byte[0]! ^= 1 << Math.floor(random() * 8)
  await file.write(byte, 0, 1, at)
  return name
}
