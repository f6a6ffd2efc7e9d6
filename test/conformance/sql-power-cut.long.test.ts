/**
 * The promise of `durable` when the gateway's host loses its power: nothing the server executed is
 * missing in the book that the disk kept.
 *
 * The gateway is the real one, before a real server that lives on, as on a host of its own. The
 * disk of its book is the one of the fault tests: what was not synced when the power failed is
 * lost, or torn. `VEILIG_CUTS=1000` runs a campaign; the seed is printed, and `VEILIG_SEED` repeats
 * it.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { openTrail } from '#audit/open.ts'
import type { AuditTrail } from '#audit/trail.ts'
import { verifyBook } from '#audit/verify.ts'
import { CrashingDisk, PowerCut } from '#kit/crashing-disk.ts'
import { batchOf, executedIn, heardAll, loggedIn, recordedIn } from '#kit/marked-statements.ts'
import { startPostgres } from '#kit/postgres.ts'
import { mulberry32 } from '#kit/random.ts'
import { startSqlGateway } from '#kit/sql-gateway.ts'
import { systemClock } from '#system/clock.ts'
import type { Disk } from '#system/disk.ts'

const CUTS = Number(process.env['VEILIG_CUTS'] ?? '12')
const SEED = Number(process.env['VEILIG_SEED'] ?? String(Date.now() % 1_000_000))
const CLIENTS = 4
const OPERATIONS_MAX = 400
const book = { folder: '/audit', process: 'sql-gateway' }

const server = await startPostgres({ synchronous_commit: 'off' })
after(() => server[Symbol.asyncDispose]())

test('power cut: in mode durable nothing executed is missing in what the disk kept', async (t) => {
  t.diagnostic(`seed ${SEED}, ${CUTS} cuts`)
  await server.query('create table executed (mark text)')
  const random = mulberry32(SEED)
  let disk = new CrashingDisk({ seed: SEED, crashAt: OPERATIONS_MAX })
  for (let cut = 1; cut <= CUTS; cut++) {
    await liveUntilCut(disk, random, cut)
    const crashAt = Math.floor(random() * OPERATIONS_MAX)
    disk = disk.afterPowerCut({ seed: SEED + cut, crashAt })
  }
  disk = disk.afterPowerCut({ seed: SEED })
  await (await open(disk))[Symbol.asyncDispose]()
  const recorded = await recordedIn({ ...book, disk })
  const executed = await executedIn(server)
  for (const [mark, count] of executed)
    assert((recorded.get(mark) ?? 0) >= count, `${mark} was executed and not recorded`)
  assert(executed.size > CUTS, `${executed.size} marks are too few to prove anything`)
  const { findings } = await verifyBook({ ...book, disk })
  assert.deepEqual(findings, [], 'the book of a host without power is sound')
  const sum = [...executed.values()].reduce((all, count) => all + count, 0)
  t.diagnostic(`${sum} executed, ${CUTS} cuts`)
})

/** Clients speak until the disk is gone, and the gateway with it. */
async function liveUntilCut(disk: CrashingDisk, random: () => number, cut: number): Promise<void> {
  const trail = await open(disk).catch(onlyPowerCut)
  if (!trail) return
  const { socketDir, port } = server
  const gateway = await startSqlGateway({ socketDir, port }, { tlsRequired: false }, trail)
  gateway.failed?.catch(() => undefined)
  const client = async (id: number): Promise<void> => {
    const wire = await loggedIn(gateway.port).catch(() => undefined)
    for (let said = 0; wire; said++) {
      const batch = batchOf(random, `${cut}-${id}-${said}`)
      wire.send(...batch.messages)
      if (!(await heardAll(wire, batch))) return wire[Symbol.dispose]()
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, (_, id) => client(id)))
  for (const ended of [gateway, trail]) {
    try {
      await ended[Symbol.asyncDispose]()
    } catch (error) {
      onlyPowerCut(error)
    }
  }
}

function open(disk: CrashingDisk): Promise<AuditTrail & AsyncDisposable> {
  const limits = { segmentBytesMax: 50_000 }
  const place = { ...book, node: 'n1', mode: 'durable', limits } as const
  return openTrail({ ...place, disk: slowly(disk), clock: systemClock })
}

/** A disk whose sync lets others write meanwhile, as a real one does. */
function slowly(disk: CrashingDisk): Disk {
  return new Proxy<Disk>(disk, {
    get: (_target, name) => {
      if (name === 'openAppend') {
        return (path: string) => {
          const file = disk.openAppend(path)
          const sync = async (): Promise<void> => {
            await turn()
            await turn()
            await file.sync()
          }
          return { ...file, sync }
        }
      }
      const member: unknown = Reflect.get(disk, name, disk)
      return typeof member === 'function' ? (member.bind(disk) as unknown) : member
    },
  })
}

function onlyPowerCut(error: unknown): undefined {
  if (isPowerCut(error)) return undefined
  throw error
}

function isPowerCut(error: unknown): boolean {
  if (error instanceof PowerCut) return true
  if (error instanceof SuppressedError) return isPowerCut(error.error)
  return error instanceof Error && isPowerCut(error.cause)
}
