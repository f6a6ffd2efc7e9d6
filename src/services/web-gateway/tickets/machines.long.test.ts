/** A session begun at one machine is resumed at another: by sealed keys in the control database. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { eventually } from '#kit/eventually.ts'
import { startPostgres } from '#kit/postgres.ts'
import { startGateway, startUpstream, type TestGateway } from '#kit/web-gateway.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { Book } from '../book.ts'
import { databaseBook } from '../database-book.ts'
import type { TicketKeyRecord } from './shared-keys.ts'

test('ticket keys: machines on one control database resume each other’s sessions', async () => {
  await using server = await startPostgres()
  const pool = openPool(server.connection)
  try {
    await using application = await startUpstream((_, response) => response.end('ok'))
    const secret = Buffer.alloc(32, 7)
    const openBook = (): Promise<Book<TicketKeyRecord>> =>
      databaseBook({ pool, table: 'ticket_keys', name: 'all', secret })
    const open = async (ticketBook?: Book<TicketKeyRecord>): Promise<TestGateway> =>
      startGateway({ localhost: application.address }, { accessLog: false }, { ticketBook })
    await using here = await open(await openBook())
    await using there = await open(await openBook())
    await using stranger = await open()
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      await eventually('both machines have the keys', async () => {
        const session = await begin(here.httpsPort, { maxVersion })
        return (await isResumed(there.httpsPort, { maxVersion, session })) || undefined
      })
      const session = await begin(there.httpsPort, { maxVersion })
      assert.equal(await isResumed(here.httpsPort, { maxVersion, session }), true, maxVersion)
      assert.equal(await isResumed(stranger.httpsPort, { maxVersion, session }), false)
    }
    const { rows } = await pool.query<{ sealed: Buffer }>('select sealed from ticket_keys')
    const kept = await (await openBook()).load()
    assert(kept && rows[0] && !rows[0].sealed.includes(kept.record.current), 'sealed')
  } finally {
    await pool.end()
  }
})

async function begin(port: number, options: ConnectionOptions): Promise<Buffer> {
  const socket = await openTo(port, options)
  const session = Promise.withResolvers<Buffer>()
  socket.on('session', (given: Buffer) => session.resolve(given))
  const known = socket.getSession()
  if (socket.getProtocol() === 'TLSv1.2' && known) session.resolve(known)
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const given = await session.promise
  socket.destroy()
  return given
}

async function isResumed(port: number, options: ConnectionOptions): Promise<boolean> {
  const socket = await openTo(port, options)
  const reused = socket.isSessionReused()
  socket.destroy()
  return reused
}

async function openTo(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const to = { port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false }
  const socket = connect({ ...options, ...to, ALPNProtocols: ['http/1.1'] })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}
