/** The record in the control database: one writer wins, and the database alone opens nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPostgres } from '#kit/postgres.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { CertificateBook, CertificateRecord } from './acme/book.ts'
import { databaseBook } from './database-book.ts'

const record: CertificateRecord = {
  directoryUrl: 'https://authority.example/dir',
  names: ['club.example'],
  accountKeyPem: 'a private key',
  renewAtMs: 0,
  askAtMs: 0,
  failures: 0,
}

test('acme book: of two gateways one stores the next version, and keys are sealed', async () => {
  await using server = await startPostgres()
  const pool = openPool(server.connection)
  const openBook = (secret: Uint8Array): Promise<CertificateBook> =>
    databaseBook({ pool, table: 'certificates', name: 'club', secret })
  try {
    const secret = Buffer.alloc(32, 7)
    const [one, two] = await Promise.all([openBook(secret), openBook(secret)])
    const first = await Promise.all([one.store(record, 0), two.store(record, 0)])
    assert.deepEqual(first.toSorted(), [false, true])
    const next = { ...record, failures: 1 }
    const second = await Promise.all([one.store(next, 1), two.store(next, 1)])
    assert.deepEqual(second.toSorted(), [false, true])
    assert.deepEqual(await two.load(), { version: 2, record: next })
    const { rows } = await pool.query<{ sealed: Buffer }>('select sealed from certificates')
    assert(!rows[0]?.sealed.includes('private key'))
    const stranger = await openBook(Buffer.alloc(32, 8))
    await assert.rejects(stranger.load(), { code: 'ACME_RECORD_SEALED' })
  } finally {
    await pool.end()
  }
})
