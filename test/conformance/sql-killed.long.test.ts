/**
 * The one promise of the record, under kill -9: nothing the server executed is missing in the book.
 *
 * Clients say statements of every kind, each with a mark of its own that the statement itself
 * writes into a table; the gateway is killed at random moments and started again. At the end the
 * table says what was executed, and the book what was recorded. `VEILIG_STATEMENTS=1000000` runs
 * the whole campaign; the seed is printed, and `VEILIG_SEED` repeats it.
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readEvents } from '#audit/read.ts'
import { verifyBook } from '#audit/verify.ts'
import { encodeMessage } from '#protocol/postgres/encode.ts'
import { eventually } from '#kit/eventually.ts'
import { PASSWORD, startPostgres, SUPERUSER, temporaryFolder } from '#kit/postgres.ts'
import { mulberry32 } from '#kit/random.ts'
import type { SqlGatewayInput } from '#kit/sql-gateway-process.ts'
import { dial, logIn, message, type Wire } from '#kit/wire.ts'

const STATEMENTS = Number(process.env['VEILIG_STATEMENTS'] ?? '6000')
const SEED = Number(process.env['VEILIG_SEED'] ?? String(Date.now() % 1_000_000))
const CLIENTS = 4
const KILLS = STATEMENTS > 100_000 ? 100 : 8
const program = fileURLToPath(new URL('../kit/sql-gateway-process.ts', import.meta.url))

const server = await startPostgres({ synchronous_commit: 'off', max_wal_size: '2GB' })
const folder = await temporaryFolder('sql-killed')
after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

for (const mode of ['written', 'durable'] as const) {
  test(`kill -9: in mode ${mode} nothing executed is unrecorded`, async (t) => {
    t.diagnostic(`seed ${SEED}, ${STATEMENTS} statements`)
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
    const kills = await campaign(gateway, mode === 'durable' ? STATEMENTS / 4 : STATEMENTS)
    await gateway.stop()
    assert(kills >= 2, `${kills} kills`)
    await eventually('the server to finish', async () => {
      const others = `query ~ 'executed' and pid <> pg_backend_pid()`
      const busy = await server.query(`select from pg_stat_activity where ${others}`)
      return busy.length === 0 || undefined
    })
    const executed = await server.query<{ mark: string; count: string }>(
      'select mark, count(*) from executed group by mark',
    )
    const recorded = await recordedIn(books)
    let sum = 0
    for (const { mark, count } of executed) {
      sum += Number(count)
      assert((recorded.get(mark) ?? 0) >= Number(count), `${mark} was executed and not recorded`)
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
  const pause = (2 * statements) / KILLS
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
      for (let left = batch.answers; left > 0 && wire; left--) {
        if ((await wire.until('Z')).endsWith('Z')) continue
        wire[Symbol.dispose]()
        wire = undefined
      }
    }
    wire?.[Symbol.dispose]()
  }
  await Promise.all(Array.from({ length: CLIENTS }, (_, id) => client(id)))
  await dying
  return kills
}

async function connected(gateway: MortalGateway): Promise<Wire | undefined> {
  if (gateway.port === 0) await delay(10)
  else {
    const wire = await dial({ host: '127.0.0.1', port: gateway.port })
    const parameters = { user: SUPERUSER, database: 'postgres' }
    const said = await logIn(wire, { password: PASSWORD, parameters })
    if (said.at(-1)?.type === 'Z') return wire
    wire[Symbol.dispose]()
  }
  return undefined
}

type Batch = {
  readonly messages: readonly Uint8Array[]
  readonly statements: number
  /** ReadyForQuery messages that follow. */
  readonly answers: number
}

function batchOf(random: () => number, id: string): Batch {
  const insert = (mark: string): string => `insert into executed values ('${mark}') /*<${mark}>*/`
  const runs = (statement: string): Uint8Array[] => [
    message.bind('', statement),
    message.execute(''),
  ]
  switch (Math.floor(random() * 5)) {
    case 0:
      return { messages: [message.query(insert(id))], statements: 1, answers: 1 }
    case 1: {
      const both = `${insert(`${id}a`)}; ${insert(`${id}b`)}`
      return {
        messages: [message.query(both), message.query(insert(id))],
        statements: 3,
        answers: 2,
      }
    }
    case 2: {
      const all = Array.from({ length: 20 }, (_, n) => [
        message.parse('', insert(`${id}p${n}`)),
        ...runs(''),
      ])
      return { messages: [...all.flat(), message.sync()], statements: 20, answers: 1 }
    }
    case 3: {
      const all = Array.from({ length: 10 }, () => [...runs(id), message.sync()])
      const parse = message.parse(id, insert(id))
      return { messages: [parse, ...all.flat()], statements: 10, answers: 10 }
    }
    default: {
      const copy = message.query(`copy executed from stdin /*<${id}>*/`)
      const rows = message.copyData(`${id}\n`)
      const done = encodeMessage('c', new Uint8Array(0))
      return { messages: [copy, rows, done], statements: 1, answers: 1 }
    }
  }
}

/** Mark → how often a statement with it was recorded, before the server had it. */
async function recordedIn(books: string): Promise<Map<string, number>> {
  const recorded = new Map<string, number>()
  for await (const { code, detail } of readEvents({ folder: books, process: 'sql-gateway' })) {
    if (code !== 'DB_STATEMENT' || detail['kind'] === 'parse') continue
    for (const [, mark = ''] of String(detail['sql']).matchAll(/\/\*<([^>]+)>\*\//g)) {
      recorded.set(mark, (recorded.get(mark) ?? 0) + 1)
    }
  }
  return recorded
}
