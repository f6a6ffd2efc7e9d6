/**
 * The one promise of the record, under kill -9: nothing the server executed is missing in the book.
 *
 * Clients say statements of every kind, each with a mark of its own that the statement itself
 * writes into a table; the gateway is killed at random moments and started again. At the end the
 * table says what was executed, and the book what was recorded. `VEILIG_STATEMENTS=1000000` runs
 * the whole campaign (`VEILIG_DURABLE`: how many of mode durable); the seed is
 * printed, and `VEILIG_SEED` repeats it.
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { verifyBook } from '#audit/verify.ts'
import { batchOf, executedIn, heardAll, loggedIn, recordedIn } from '#kit/marked-statements.ts'
import { startPostgres, temporaryFolder } from '#kit/postgres.ts'
import { mulberry32 } from '#kit/random.ts'
import type { SqlGatewayInput } from '#kit/sql-gateway-process.ts'
import type { Wire } from '#kit/wire.ts'

const STATEMENTS = Number(process.env['VEILIG_STATEMENTS'] ?? '6000')
/** Each waits for the disk: a quarter of them takes as long. */
const DURABLE = Number(process.env['VEILIG_DURABLE'] ?? String(STATEMENTS / 4))
const SEED = Number(process.env['VEILIG_SEED'] ?? String(Date.now() % 1_000_000))
const CLIENTS = 4
const killsIn = (statements: number): number => (statements > 100_000 ? 100 : 8)
const program = fileURLToPath(new URL('../kit/sql-gateway-process.ts', import.meta.url))

const server = await startPostgres({ synchronous_commit: 'off', max_wal_size: '2GB' })
const folder = await temporaryFolder('sql-killed')
after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

for (const mode of ['written', 'durable'] as const) {
  test(`kill -9: in mode ${mode} nothing executed is unrecorded`, async (t) => {
    t.diagnostic(`seed ${SEED}, ${mode === 'durable' ? DURABLE : STATEMENTS} statements`)
    await server.query('drop table if exists executed; create table executed (mark text)')
    const books = join(folder, mode)
    const gateway = new MortalGateway({
      mode,
      port: 0,
      folder: books,
      socketDir: server.socketDir,
      serverPort: server.port,
    })
    await gateway.start()
    const kills = await campaign(gateway, mode === 'durable' ? DURABLE : STATEMENTS)
    await gateway.stop()
    assert(kills >= 2, `${kills} kills`)
    const executed = await executedIn(server)
    const recorded = await recordedIn({ folder: books, process: 'sql-gateway' })
    let sum = 0
    for (const [mark, count] of executed) {
      sum += count
      assert((recorded.get(mark) ?? 0) >= count, `${mark} was executed and not recorded`)
    }
    assert(sum > 0)
    const { findings } = await verifyBook({ folder: books, process: 'sql-gateway' })
    assert.deepEqual(findings, [], 'the book of a killed process is sound')
    t.diagnostic(`${sum} executed, ${kills} kills`)
  })
}

class MortalGateway {
  readonly #input: SqlGatewayInput
  #child: ChildProcess | undefined
  port = 0

  constructor(input: SqlGatewayInput) {
    this.#input = input
  }

  async start(): Promise<void> {
    const args = [...process.execArgv.filter((arg) => !arg.startsWith('--test')), program]
    const child = spawn(process.execPath, [...args, JSON.stringify(this.#input)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    this.port = Number(line.toString())
  }

  async kill(): Promise<void> {
    this.port = 0
    this.#child?.kill('SIGKILL')
    if (this.#child) await once(this.#child, 'exit')
    await this.start()
  }

  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM')
    if (this.#child) await once(this.#child, 'exit')
  }
}

/** Lets clients speak until so many statements were said. @returns How often the gateway died. */
async function campaign(gateway: MortalGateway, statements: number): Promise<number> {
  const random = mulberry32(SEED)
  let said = 0
  let kills = 0
  let dying: Promise<void> | undefined
  const pause = (2 * statements) / killsIn(statements)
  let dueAt = random() * pause
  const client = async (id: number): Promise<void> => {
    let wire: Wire | undefined
    for (let turn = 0; said < statements; turn++) {
      wire ??= await connected(gateway)
      if (!wire) continue
      const batch = batchOf(random, `${id}-${turn}`)
      said += batch.statements
      wire.send(...batch.messages)
      if (said >= dueAt && !dying) {
        dueAt = said + random() * pause
        kills++
        dying = gateway.kill().finally(() => (dying = undefined)) // while the batch is on its way
      }
      if (await heardAll(wire, batch)) continue
      wire[Symbol.dispose]()
      wire = undefined
    }
    wire?.[Symbol.dispose]()
  }
  await Promise.all(Array.from({ length: CLIENTS }, (_, id) => client(id)))
  await dying
  return kills
}

async function connected({ port }: MortalGateway): Promise<Wire | undefined> {
  if (port !== 0) return loggedIn(port)
  await delay(10)
  return undefined
}
