/**
 * From the event in the book to the webhook that took the alert, while statements pour in: the book
 * is real, on disk, written by this process; detection runs in it too, so both share one core.
 */
import { createServer } from 'node:http'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { openTestBook, startDetection } from '#kit/detection.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { channelOf } from '../src/services/detection/channels.ts'
import { detectionConfig } from '../src/services/detection/config.ts'
import { systemClock } from '../src/system/clock.ts'
import { emit } from './kit/bench.ts'

const SECONDS = 10
const RATES = [100, 1_000, 5_000]
/** Appends in a second, and one attack in each. */
const TURNS = 20

for (const rate of RATES) await run(rate)

async function run(rate: number): Promise<void> {
  const folder = await temporaryFolder('latency')
  const latencies: number[] = []
  const hook = createServer((request, response) => {
    let body = ''
    request.on('data', (bytes) => (body += String(bytes)))
    request.on('end', () => {
      latencies.push(Date.now() - (JSON.parse(body) as { atMs: number }).atMs)
      response.writeHead(204).end()
    })
  })
  hook.listen(0, '127.0.0.1')
  await once(hook, 'listening')
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`
  const { channels } = detectionConfig.parse({
    channels: [{ kind: 'webhook', url, secret: 'x'.repeat(16) }],
  })
  const place = { clock: systemClock, file: `${folder}/alerts` }
  const opened = channels.map((each) => channelOf(each, place))
  const book = await openTestBook(folder, 'sql-gateway')
  const detection = await startDetection(folder, opened)
  const endMs = Date.now() + SECONDS * 1_000
  let attacks = 0
  while (Date.now() < endMs) {
    const sql = (at: number): string => `SELECT id, name FROM courts WHERE club = ${at}`
    const events = Array.from({ length: rate / TURNS }, (_, at) => statement(sql(at), 'app'))
    // Each attack by an account of its own: one incident each, so that each is told.
    events.push(statement(`COPY t FROM PROGRAM 'id'`, `role${attacks++}`))
    await book.append(events)
    await systemClock.sleep(1_000 / TURNS)
  }
  for (let at = 0; at < 3_000 && latencies.length < attacks; at++) await systemClock.sleep(10)
  latencies.sort((a, b) => a - b)
  const common = { bench: 'detection-latency', subject: `${rate} statements a second` }
  for (const share of [0.5, 0.99, 1]) {
    const value = latencies[Math.ceil(share * latencies.length) - 1] ?? Number.NaN
    emit({
      ...common,
      metric: `p${share * 100}, ${latencies.length} of ${attacks}`,
      value,
      unit: 'ms',
    })
  }
  await detection[Symbol.asyncDispose]()
  await book[Symbol.asyncDispose]()
  hook.close()
  await rm(folder, { recursive: true })
}

function statement(
  sql: string,
  user: string,
): Parameters<Awaited<ReturnType<typeof openTestBook>>['append']>[0][number] {
  const who = { user, database: 'club', address: '192.0.2.7', session: 's' }
  return { code: 'DB_STATEMENT', detail: { ...who, kind: 'query', sql, sqlBytes: sql.length } }
}
