/**
 * Statements of every kind, each with a mark of its own that the statement itself writes into the
 * table `executed (mark text)` and that stands in its text: so the server says what was executed,
 * and the book what was recorded.
 */
import { readEvents, type ReadOptions } from '#audit/read.ts'
import { encodeMessage } from '#protocol/postgres/encode.ts'
import { eventually } from './eventually.ts'
import { PASSWORD, SUPERUSER, type TestPostgres } from './postgres.ts'
import { dial, logIn, message, type Wire } from './wire.ts'

export type Batch = {
  readonly messages: readonly Uint8Array[]
  readonly statements: number
  /** ReadyForQuery messages that follow. */
  readonly answers: number
}

/** Undefined when whoever listens there lets nobody in, or is gone while one logs in. */
export async function loggedIn(port: number): Promise<Wire | undefined> {
  const wire = await dial({ host: '127.0.0.1', port })
  const parameters = { user: SUPERUSER, database: 'postgres' }
  const said = await logIn(wire, { password: PASSWORD, parameters })
  if (said.at(-1)?.type === 'Z') return wire
  wire[Symbol.dispose]()
  return undefined
}

/** Waits for the answers to a batch. @returns Whether they all came. */
export async function heardAll(wire: Wire, { answers }: Batch): Promise<boolean> {
  for (let left = answers; left > 0; left--)
    if (!(await wire.until('Z')).endsWith('Z')) return false
  return true
}

/** One of several ways to say some statements. @param id Begins their marks. */
export function batchOf(random: () => number, id: string): Batch {
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

/** Mark → how often it was executed, once the server has nothing of them left to do. */
export async function executedIn(server: TestPostgres): Promise<ReadonlyMap<string, number>> {
  await eventually('the server to finish', async () => {
    const others = `query ~ 'executed' and pid <> pg_backend_pid()`
    const busy = await server.query(`select from pg_stat_activity where ${others}`)
    return busy.length === 0 || undefined
  })
  const executed = await server.query<{ mark: string; count: string }>(
    'select mark, count(*) from executed group by mark',
  )
  return new Map(executed.map(({ mark, count }) => [mark, Number(count)]))
}

/** Mark → how often a statement with it was recorded, before the server had it. */
export async function recordedIn(book: ReadOptions): Promise<Map<string, number>> {
  const recorded = new Map<string, number>()
  for await (const { code, detail } of readEvents(book)) {
    if (code !== 'DB_STATEMENT' || detail['kind'] === 'parse') continue
    for (const [, mark = ''] of String(detail['sql']).matchAll(/\/\*<([^>]+)>\*\//g)) {
      recorded.set(mark, (recorded.get(mark) ?? 0) + 1)
    }
  }
  return recorded
}
