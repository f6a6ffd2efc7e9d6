/** Claim backup.verified: every object is read back in every region, every backup is restored. */
import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { signReceipt, type Receipt } from '#crypto/receipt.ts'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { smallRepository, type SmallRepository } from '#kit/repository.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { verifiedProbe } from '#services/prober/probes/receipts.ts'
import { openReader } from '#services/backup/repository/open-reader.ts'
import { readIdentity } from '#services/backup/repository/repository-keys.ts'
import { verifyRepository } from '#services/backup/repository/verify.ts'
import { drillConfig } from '#services/drill/config.ts'
import type { DrillPorts } from '#services/drill/ports.ts'
import { openDrills } from '#services/drill/serve.ts'
import { systemClock } from '#system/clock.ts'

const HOUR_MS = 3_600_000
const { privateKey } = generateKeyPairSync('ed25519')

test('backup.verified: proven while all objects are intact and every old backup was restored', async () => {
  const receipt = await verify(await smallRepository('sound'))
  assert(receipt.kind === 'verify' && receipt.passed && receipt.objects > 10)
  const { state, codes } = await measure([drill('old'), receipt], [aged('old', 30), aged('new', 1)])
  assert.equal(state, 'proven')
  assert.deepEqual(codes, ['BACKUP_RECEIPTS', 'VERIFY_CLEAN'])
})

test('backup.verified: an object damaged in every region, or gone, shows it false by name', async () => {
  for (const harm of ['flip', 'delete'] as const) {
    const repository = await smallRepository(harm)
    const [first] = repository.stores
    let victim = ''
    for await (const { name } of first.list('backups')) if (name.includes('pack')) victim = name
    for (const store of repository.stores) {
      const bytes = await store.get(victim)
      bytes[bytes.length - 100]! ^= 1
      await store.delete(victim)
      if (harm === 'flip') await store.put(victim, bytes)
    }
    const { state, values } = await measure([await verify(repository)], [])
    assert.equal(state, 'failing')
    assert.match(values, new RegExp(`VERIFY_FOUND.*${victim}`))
  }
})

test('backup.verified: a backup never restored, an old or missing verification show it false', async () => {
  const receipt = await verify(await smallRepository('late'))
  assert(receipt.kind === 'verify')
  const oldMs = Date.now() - 25.5 * HOUR_MS
  const old: Receipt = { ...receipt, startedMs: oldMs, endedMs: oldMs }
  const left: Receipt = { ...receipt, regions: ['region-0'] }
  const cases = [
    [[receipt], [aged('old', 25)], 'BACKUP_UNDRILLED'],
    [[{ ...drill('old'), passed: false }, receipt], [aged('old', 25)], 'BACKUP_UNDRILLED'],
    [[old], [], 'VERIFY_OLD'],
    [[left], [], 'VERIFY_REGION_MISSING'],
  ] as const
  for (const [receipts, backups, code] of cases) {
    const { state, codes } = await measure(receipts, backups)
    assert.equal(state, 'failing')
    assert.deepEqual(codes, [code])
  }
  assert.equal((await measure([], [])).state, 'unproven')
})

/** As the drill service does it: verified, signed, kept. */
async function verify({ keys, stores }: SmallRepository): Promise<Receipt> {
  const regions = stores.map((store, at) => ({ name: `region-${at}`, store }))
  const kept: Uint8Array[] = []
  const ports = {
    verify: async (signal: AbortSignal) => {
      const reader = await openReader({ regions, identity: readIdentity(keys.verifierKey) })
      const report = await verifyRepository(reader, { contents: true, signal })
      return { ...report, repaired: [], backups: [], regions: regions.map(({ name }) => name) }
    },
    receipts: {
      keep: (_: string, bytes: Uint8Array) => Promise.resolve(void kept.push(bytes)),
      all: async function* () {},
      spread: () => Promise.resolve(),
    },
    signingKey: () => Promise.resolve(privateKey),
    receiptKeys: () => Promise.resolve([{ publicKey: createPublicKey(privateKey) }]),
    clock: systemClock,
    trail: new RecordingTrail(),
  } as unknown as DrillPorts
  const drills = await openDrills(drillConfig.parse({}), ports)
  const receipt = await drills.verify(new AbortController().signal)
  assert.equal(kept.length, 1)
  return receipt
}

function aged(id: string, hours: number): { id: string; finishedMs: number } {
  return { id, finishedMs: Date.now() - hours * HOUR_MS }
}

function drill(backup: string): Receipt {
  const nowMs = Date.now()
  return {
    kind: 'drill',
    passed: true,
    failures: [],
    startedMs: nowMs,
    endedMs: nowMs,
    backup,
    manifest: '',
    backupFinishedMs: nowMs,
    targetMs: nowMs,
    random: true,
    stop: '',
    reachedLsn: '0/1',
    serverVersion: '18.4',
    checksums: true,
    amcheck: true,
    databases: 1,
    tables: 1,
    rows: 1,
    indexes: 1,
    pages: 1,
    canaries: 1,
    assertions: 0,
  }
}

function measure(
  receipts: readonly Receipt[],
  backups: readonly { id: string; finishedMs: number }[],
): Promise<Measured> {
  const kept = receipts.map((receipt, at) => ({
    name: `receipts/${at}`,
    bytes: signReceipt(receipt, privateKey),
  }))
  const probe = verifiedProbe({
    receipts: async function* () {
      yield* await Promise.resolve(kept)
    },
    keys: () => Promise.resolve([{ publicKey: createPublicKey(privateKey) }]),
    clock: systemClock,
    backups: () => Promise.resolve(backups),
    regions: ['region-0', 'region-1'],
    everySeconds: 300,
  })
  return measureClaim('backup.verified', probe)
}
