/** Claim backup.encrypted: what lies in a region can be read by nobody without the key. */
import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { smallRepository } from '#kit/repository.ts'
import { attackObject } from '#services/backup/repository/attack.ts'
import { FaultError } from '#lib/errors.ts'
import { openReader, type RepositoryReader } from '#services/backup/repository/open-reader.ts'
import { encryptedProbe } from '#services/prober/probes/backups.ts'
import type { RegionView } from '#services/prober/probes/georedundant.ts'
import { MemoryStore } from '#storage/memory-store.ts'

const CANARY = 'veilig-canary-'

const unopened = (): Promise<undefined> => Promise.resolve(undefined)

function sealedBody(body: Uint8Array): Buffer {
  const head = Buffer.alloc(16 + 32 + 4) // preamble, fields, head of the first chunk
  head.write('VEILIG\r\n', 'latin1')
  head[8] = 1
  head[9] = 4
  head.writeUInt32BE(32, 12)
  return Buffer.concat([head, body])
}

async function measure(body: Uint8Array, more: readonly RegionView[] = []): Promise<Measured> {
  const store = new MemoryStore()
  await store.put('backups/x/pack-00000000', sealedBody(body))
  const regions = [{ name: 'a', store }, ...more]
  return measureClaim(
    'backup.encrypted',
    encryptedProbe({ regions, canary: CANARY, random: randomInt, attack: unopened }),
  )
}

const page = Buffer.from('a row of a table, as PostgreSQL writes it. '.repeat(4000))

test('backup.encrypted: proven while samples are nothing but noise', async () => {
  for (const size of [100, 20_000, 900_000]) {
    const { state, values } = await measure(randomBytes(size))
    assert.equal(state, 'proven', values)
  }
})

test('backup.encrypted: plaintext, and plaintext merely compressed, show it false', async () => {
  const cases: readonly (readonly [why: string, Uint8Array])[] = [
    ['spread', page],
    ['zstd', zstdCompressSync(page)],
    ['canary', Buffer.concat([randomBytes(5000), Buffer.from(`${CANARY}1`), randomBytes(5000)])],
  ]
  for (const [why, body] of cases) {
    const { state, values } = await measure(body)
    assert.equal(state, 'failing', why)
    assert.match(values, new RegExp(`"why":"${why}"`))
  }
})

test('backup.encrypted: a region that may be away does not hide the others', async () => {
  class Away extends MemoryStore {
    // oxlint-disable-next-line require-yield -- it fails before there is anything to yield
    override async *list(): AsyncGenerator<never> {
      throw new FaultError('STORE_FAILED', 'it is away')
    }
  }
  const away = { name: 'away', store: new Away() }
  const optional = { ...away, required: false }
  assert.equal((await measure(randomBytes(20_000), [optional])).state, 'proven')
  assert.equal((await measure(page, [optional])).state, 'failing')
  assert.equal((await measure(randomBytes(20_000), [away])).state, 'unproven')
})

test('backup.encrypted: what is new is always looked at, and what was readable until it is gone', async () => {
  const store = new MemoryStore()
  for (let at = 0; at < 500; at++)
    await store.put(`backups/x/pack-${String(at).padStart(8, '0')}`, sealedBody(randomBytes(64)))
  const regions = [{ name: 'a', store }]
  // The draw itself never meets it: it takes the first object only.
  const probe = encryptedProbe({ regions, canary: CANARY, random: () => 0, attack: unopened })
  assert.equal((await measureClaim('backup.encrypted', probe)).state, 'proven')
  await store.put('backups/x/pack-00000777', sealedBody(page))
  for (let run = 0; run < 3; run++)
    assert.equal((await measureClaim('backup.encrypted', probe)).state, 'failing', `run ${run}`)
  await store.delete('backups/x/pack-00000777')
  assert.equal((await measureClaim('backup.encrypted', probe)).state, 'proven')
})

test('backup.encrypted: before there is any backup, nothing is proven', async () => {
  const regions = [{ name: 'a', store: new MemoryStore() }]
  const probe = encryptedProbe({ regions, canary: CANARY, random: randomInt, attack: unopened })
  assert.equal((await measureClaim('backup.encrypted', probe)).state, 'unproven')
})

/** A real repository of two regions, attacked through the reader that `change` makes of its own. */
async function attacked(
  change: (reader: RepositoryReader) => RepositoryReader,
  only = /./,
): Promise<Measured> {
  const { keys, stores } = await smallRepository('attacked')
  for (const store of stores) {
    for await (const { name } of store.list('wal')) if (!only.test(name)) await store.delete(name)
    for await (const { name } of store.list('backups')) {
      if (!only.test(name)) await store.delete(name)
    }
  }
  const regions = stores.map((store, at) => ({ name: `region-${at}`, store }))
  const reader = change(await openReader({ regions, root: keys.root }))
  const attack = (object: string, bytes: Uint8Array): Promise<string | undefined> =>
    attackObject(reader, object, bytes, randomInt, randomBytes)
  const probe = encryptedProbe({ regions, canary: CANARY, random: randomInt, attack })
  return measureClaim('backup.encrypted', probe)
}

test('backup.encrypted: of real objects a wrong key opens none, and each flipped bit is noticed', async () => {
  for (let run = 0; run < 10; run++) {
    const { state, codes, values } = await attacked((reader) => reader)
    assert.equal(state, 'proven', values)
    assert.deepEqual(codes, ['BACKUP_SAMPLE_SEALED', 'BACKUP_SAMPLE_TAMPER_NOTICED'])
  }
})

test('backup.encrypted: were one flipped bit not noticed, it would be shown false', async () => {
  const blind = (reader: RepositoryReader): RepositoryReader => ({
    ...reader,
    root: { ...reader.root, checkSignature: () => undefined },
  })
  const { state, codes } = await attacked(blind, /^(wal|root|keys|catalogue)/)
  assert.equal(state, 'failing')
  assert.deepEqual(codes, ['BACKUP_SAMPLE_OPENED'])
})
