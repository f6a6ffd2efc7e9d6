/**
 * The audit trail's copies on real servers elsewhere, SFTP and S3: sealed, joined once an hour is
 * over, and enough to verify the whole book by when the machine itself is gone.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { verifyBook } from '#audit/verify.ts'
import { identityFromSeed } from '#crypto/key-wrap.ts'
import { startCeph } from '#kit/ceph.ts'
import { openTestBook } from '#kit/detection.ts'
import { eventually } from '#kit/eventually.ts'
import { keyInFile } from '#kit/key-in-file.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { startSshd } from '#kit/sshd.ts'
import { regionsConfig } from '#services/backup/config-regions.ts'
import { sealConfig } from '#services/seal/config.ts'
import { hourIn, hourOf } from '#services/seal/copy-names.ts'
import { serveSeal } from '#services/seal/serve.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { pathsIn } from '../../src/cli/paths.ts'
import { fetchTrail } from '../../src/cli/trail-copies.ts'
import { trailRegions } from '../../src/cli/trail-regions.ts'
import { sealedCheckpoint } from '../../src/cli/witnessed.ts'

type Far = AsyncDisposable & { readonly settings: Readonly<Record<string, unknown>> }

const servers: Readonly<Record<string, () => Promise<Far>>> = {
  sftp: async () => {
    const sshd = await startSshd()
    const { host, port, user, hostKey } = sshd.login
    const place = { keyFile: join(sshd.folder, 'client'), folder: join(sshd.folder, 'region') }
    return { ...sshd, settings: { kind: 'sftp', host, port, user, hostKey, ...place } }
  },
  s3: async () => {
    const ceph = await startCeph()
    const { endpoint, bucket } = await ceph.bucket('trail', 'plain')
    const place = { endpoint: endpoint.href, bucket, prefix: 'veilig/' }
    return { ...ceph, settings: { kind: 's3', ...place, ...ceph.credentials } }
  },
}

const HOUR_MS = 3_600_000
/** Ten minutes past an hour: no test takes until the next. */
const START_MS = Date.parse('2026-03-01T09:10:00Z') - systemClock.monotonicMs()
const RECORDS_AN_HOUR = 60

for (const [kind, startFar] of Object.entries(servers)) {
  test(`far trail: on ${kind} it is whole, joined by the hour, and verified from there`, async (t) => {
    await using far = await startFar()
    const folder = await mkdtemp(join(tmpdir(), 'veilig-far-trail-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const abroad = { name: 'abroad', ...far.settings }
    const regions = regionsConfig.parse([{ name: 'region-a' }, { name: 'region-b' }, abroad])
    const config = { backup: { regions } } as Parameters<typeof trailRegions>[0]['config']
    const region = trailRegions({ paths: pathsIn(folder), config }).find(
      ({ name }) => name === 'abroad',
    )
    assert(region)
    const identity = identityFromSeed(randomBytes(32))
    let hours = 0
    const nowMs = (): number => START_MS + systemClock.monotonicMs() + hours * HOUR_MS
    const trail = new RecordingTrail()
    const seal = await serveSeal(sealConfig.parse({ intervalMs: 100, copies: { everyMs: 500 } }), {
      key: await keyInFile(join(folder, 'seal.key'), generateKeyPairSync('ed25519').privateKey),
      disk: systemDisk,
      clock: { ...systemClock, nowMs },
      trail,
      audit: join(folder, 'audit'),
      folder: join(folder, 'seal'),
      node: 'test',
      ask: () => Promise.reject(new Error('there is no witness')),
      complain: (code, message) => t.diagnostic(`${code}: ${message}`),
      copies: {
        regions: [region],
        recipients: () => Promise.resolve([identity.publicKey]),
        random: randomBytes,
      },
    })
    const names = async (): Promise<string[]> => {
      const found: string[] = []
      for await (const { name } of region.store.list('')) found.push(name)
      return found
    }
    const book = await openTestBook(join(folder, 'audit'), 'writer')
    for (hours = 0; hours < 3; hours++) {
      for (let at = 0; at < RECORDS_AN_HOUR; at++)
        await book.append([{ code: 'TEST_HAPPENED', detail: { at, hours } }])
      await eventually('a copy of this hour', async () => {
        const copied = (await names()).map(hourIn)
        return copied.includes(hourOf(nowMs())) || undefined
      })
    }
    await book[Symbol.asyncDispose]()
    await seal[Symbol.asyncDispose]()
    const objects = await names()
    assert(
      objects.some((name) => name.includes('/h-')),
      objects.join('\n'),
    )

    await rm(join(folder, 'audit'), { recursive: true }) // the machine is lost
    await rm(join(folder, 'seal'), { recursive: true })
    const into = join(folder, 'fetched')
    const fetched = await fetchTrail(region.store, identity, into, 'test')
    assert.equal(fetched.missing, 0)
    const sealed = await sealedCheckpoint(pathsIn(into), 'writer')
    assert(sealed)
    const own = { folder: join(into, 'audit'), process: 'writer', trusted: [sealed] }
    const report = await verifyBook(own)
    assert.deepEqual(report.findings, [])
    assert(report.records >= 3 * RECORDS_AN_HOUR, String(report.records))
    assert.equal(report.vouched, sealed.size)
    const [object = ''] = objects
    const bytes = Buffer.from(await region.store.get(object)).toString('latin1')
    assert(!bytes.includes('TEST_HAPPENED'), 'sealed')
    assert.deepEqual(trail.of('SEAL_BROKEN'), [])
  })
}
