/**
 * What connections and large results cost a process between client and server, in memory.
 */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import pg from 'pg'
import { PASSWORD, SUPERUSER } from '#kit/postgres.ts'
import { emit, residentKib } from './bench.ts'
import { runPeer } from './peers.ts'
import type { Subject } from './sql-subjects.ts'

const CONNECTIONS = 5_000
/** No more than PgBouncer opens to the server (default_pool_size in bench/peers/pgbouncer.ini). */
const SESSIONS = 90
const RESULT_ROWS = 1_050_000
const ROW_BYTES = 1_000

export async function measureMemory(
  bench: string,
  { name, host, port, pid }: Subject,
): Promise<void> {
  if (pid === undefined) return
  const say = (metric: string, value: number, unit: string): void =>
    emit({ bench, subject: name, metric, value, unit })
  const env = { PGPASSWORD: PASSWORD, PGUSER: SUPERUSER, PGSSLMODE: 'disable' }
  const rows = `SELECT repeat('x', ${ROW_BYTES}) FROM generate_series(1, ${RESULT_ROWS})`
  const where = ['-X', '-q', '-h', host, '-p', String(port), '-d', 'postgres', '-o', '/dev/null']
  const beforeResult = residentKib(pid)
  let peak = beforeResult
  const look = setInterval(() => (peak = Math.max(peak, residentKib(pid))), 50)
  await runPeer('psql', [...where, '-c', `COPY (${rows}) TO STDOUT`], { env })
  clearInterval(look)
  say('memory: growth at its peak during a result of 1 GB', (peak - beforeResult) / 1024, 'MiB')

  const before = residentKib(pid)
  const sockets: Socket[] = []
  for (let at = 0; at < CONNECTIONS; at++) {
    const socket = connect(port, host).on('error', () => undefined)
    await once(socket, 'connect')
    sockets.push(socket)
  }
  const idle = (residentKib(pid) - before) / CONNECTIONS
  say(`memory: each of ${CONNECTIONS} connections`, idle, 'KiB')
  for (const socket of sockets) socket.destroy()

  const sessions: pg.Client[] = []
  const empty = residentKib(pid)
  for (let at = 0; at < SESSIONS; at++) {
    const client = new pg.Client({
      host,
      port,
      user: SUPERUSER,
      password: PASSWORD,
      database: 'postgres',
    })
    await client.connect()
    await client.query({ name: 'one', text: 'SELECT $1::int', values: [at] })
    sessions.push(client)
  }
  say(`memory: each of ${SESSIONS} sessions`, (residentKib(pid) - empty) / SESSIONS, 'KiB')
  for (const client of sessions) await client.end()
}
