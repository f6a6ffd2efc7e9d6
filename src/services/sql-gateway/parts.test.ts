/** The smaller parts: texts, batches, cancel keys, admission, repeats, configuration. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEvent } from '#audit/trail.ts'
import { FaultError } from '#lib/errors.ts'
import type { RawText } from '#protocol/postgres/messages.ts'
import { Admission } from './admission.ts'
import { batchesOf } from './batches.ts'
import { eventually } from '#kit/eventually.ts'
import { mulberry32 } from '#kit/random.ts'
import { CancelKeys, type CancelKey } from './cancel-keys.ts'
import { sqlGatewayConfig } from './config.ts'
import { Journal } from './journal.ts'
import { Repeats } from './repeats.ts'
import { describeText, preparedNameIn } from './sql-text.ts'

const raw = (bytes: Uint8Array): RawText => ({
  name: '',
  kept: bytes,
  size: bytes.length,
  sha256: 'digest',
})
const textOf = (sql: string) => describeText(raw(Buffer.from(sql)), 1_000)

test('text: a cut never splits a character', () => {
  for (const cap of [10, 11, 12, 13]) {
    const { sql, truncated } = describeText(raw(Buffer.from('é\u{1f600}ééééééé')), cap)
    assert.doesNotMatch(sql, /\ufffd/)
    assert(truncated)
  }
})

test('text: bytes that are not UTF-8 can all be had back', () => {
  const bytes = Buffer.from([0x53, 0xe9, 0xff])
  assert.deepEqual(Buffer.from(describeText(raw(bytes), 100).sql, 'latin1'), bytes)
})

test('text: the name a PREPARE or DEALLOCATE is about', () => {
  const names: Readonly<Record<string, string | undefined>> = {
    'PREPARE one AS SELECT 1': 'one',
    ' /* a */ -- b\n prepare "Two""x"(int) as select $1': 'Two"x',
    'DEALLOCATE PREPARE Three': 'three',
    'deallocate four;': 'four',
    'DEALLOCATE prepare/* p */-- q\n "Seven"': 'Seven',
    'deallocate prepared': 'prepared',
    '/* not ended PREPARE eight AS SELECT 1': undefined,
    'SELECT 1; PREPARE five AS SELECT 1': undefined,
    "SELECT 'PREPARE six AS'": undefined,
  }
  for (const [sql, name] of Object.entries(names)) assert.equal(preparedNameIn(textOf(sql)), name)
})

test('batches: the worst text of a chunk still fits the trail’s appends, in order', () => {
  const event = (n: number) => ({ code: 'X', detail: { n, sql: 'x'.repeat(128 * 1024) } })
  const events = Array.from({ length: 40 }, (_, n) => event(n))
  const batches = batchesOf(events)
  assert.deepEqual(batches.flat(), events)
  const [few] = batchesOf(events.slice(0, 12))
  assert.equal(few?.length, 12)
  for (const batch of [...batches, few]) assert(6 * JSON.stringify(batch).length < 16 * 1024 * 1024)
  assert.deepEqual(batchesOf([]), [])
})

const secret = Buffer.alloc(32, 9)
const backend = (pid: number, key: number): CancelKey => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(key)
  return { pid, key: bytes }
}

test('cancel keys: only the whole key of the right session is taken', () => {
  const keys = new CancelKeys<string>(secret)
  const mine = keys.mint(2, backend(100, 1), 'mine')
  const old = keys.mint(0, backend(101, 2), 'old')
  assert.deepEqual([mine.key.length, old.key.length], [32, 4])
  assert.equal(keys.find(mine.pid, mine.key), 'mine')
  assert.equal(keys.find(old.pid, mine.key), undefined)
  assert.equal(keys.find(mine.pid, mine.key.subarray(0, 31)), undefined)
  const altered = Uint8Array.from(mine.key, (byte) => byte ^ 1)
  assert.equal(keys.find(mine.pid, altered), undefined)
  keys.forget(mine)
  assert.equal(keys.find(mine.pid, mine.key), undefined)
  assert.equal(keys.find(old.pid, old.key), 'old')
})

test('cancel keys: another process with the secret opens them, and only with it', () => {
  const keys = new CancelKeys<string>(secret)
  const elsewhere = new CancelKeys<string>(secret)
  const stranger = new CancelKeys<string>(Buffer.alloc(32, 8))
  const random = mulberry32(5)
  const seen = new Set<string>()
  for (let round = 0; round < 200; round++) {
    const own = backend(1 + Math.floor(random() * 0x7ffffffe), Math.floor(random() * 2 ** 32))
    for (const minor of [0, 2]) {
      const { pid, key } = keys.mint(minor, own, 'x')
      assert(pid > 0 && pid <= 0x7fffffff)
      assert.deepEqual(elsewhere.open(pid, key), { ...own, certain: minor === 2 })
      assert.notDeepEqual(stranger.open(pid, key), { ...own, certain: minor === 2 })
      if (minor === 0) seen.add(`${pid} ${Buffer.from(key).toString('hex')}`)
      else {
        assert.equal(stranger.open(pid, key), undefined)
        const forged = Uint8Array.from(key, (byte, at) => (at === 31 ? byte ^ 1 : byte))
        assert.equal(elsewhere.open(pid, forged), undefined)
      }
    }
  }
  assert.equal(seen.size, 200)
  for (const key of [0, 3, 5, 31, 33, 256])
    assert.equal(elsewhere.open(7, Buffer.alloc(key)), undefined)
  assert.equal(elsewhere.open(0, Buffer.alloc(4)), undefined)
  assert.equal(elsewhere.open(-1, Buffer.alloc(4)), undefined)
})

test('admission: the oldest login goes, sessions stay', () => {
  const limits = { sessionsMax: 1, connectionsPerAddressMax: 4, loginsMax: 2 }
  const admission = new Admission<string>(limits)
  assert.equal(admission.enter('a', '1'), undefined)
  assert.equal(admission.enter('b', '1'), undefined)
  admission.loggedIn('a')
  admission.takeSession()
  assert.equal(admission.enter('c', '1'), undefined)
  assert.equal(admission.enter('d', '1'), 'b')
  assert.throws(() => admission.enter('e', '1'), { code: 'DB_ADDRESS_FULL' })
  assert.throws(() => admission.takeSession(), { code: 'DB_SESSIONS_FULL' })
  admission.giveSession()
  admission.takeSession()
  admission.leave('a', '1')
  assert.notEqual(admission.enter('e', '1'), 'a')
})

test('repeats: the first at once, the others together, never more than a table full', () => {
  const repeats = new Repeats()
  assert.equal(repeats.notice('C', 'a', { reason: 'R' }, 0)?.detail['repeats'], 0)
  for (let n = 0; n < 9; n++) assert.equal(repeats.notice('C', 'a', { reason: 'R' }, 5), undefined)
  assert(repeats.notice('C', 'a', { reason: 'other' }, 5))
  assert.deepEqual(repeats.due(9_999), [])
  const [sum, ...rest] = repeats.due(10_005)
  assert.deepEqual([sum?.detail['repeats'], sum?.detail['address'], rest], [9, 'a', []])
  assert(repeats.notice('C', 'a', { reason: 'R' }, 10_006))
  let recorded = 0
  for (let n = 0; n < 20_000; n++) if (repeats.notice('C', `x${n}`, {}, 10_007)) recorded++
  assert(recorded <= 5_001)
  const told = repeats.due(Infinity).reduce((all, { detail }) => all + Number(detail['repeats']), 0)
  assert.equal(recorded + told, 20_000)
})

test('config: with nothing said, only this machine, only encrypted, no replication', () => {
  const config = sqlGatewayConfig.parse({})
  assert.deepEqual(config.allow, ['127.0.0.1/32', '::1/128'])
  assert.equal(config.tlsRequired, true)
  assert.deepEqual(config.replicationRoles, [])
  assert(Object.isFrozen(config))
  assert.throws(() => sqlGatewayConfig.parse({ allow: ['010.0.0.0/8'] }), /must be an IP address/)
  assert.throws(() => sqlGatewayConfig.parse({ alow: [] }))
})

test('journal: what is known later keeps its place before what follows', async () => {
  const appends: string[][] = []
  const trail = {
    append: (events: readonly AuditEvent[]) => void appends.push(events.map(({ code }) => code)),
    flush: () => Promise.resolve(),
  }
  const journal = new Journal(trail, () => assert.fail('nothing is broken'))
  const event = (code: string): AuditEvent => ({ code, detail: {} })
  journal.later([event('A')])
  journal.later([event('B')])
  void journal.append([event('C')])
  journal.later([event('D')])
  journal.later([event('E')])
  assert.deepEqual(appends, [['A', 'B', 'C']])
  const passed = Promise.withResolvers<void>()
  const gate = {
    forward: () => passed.resolve(),
    hold: () => assert.fail('this trail is at once'),
    answer: () => assert.fail('nobody was asked'),
  }
  journal.pass({ events: [event('F')], bytes: [] }, gate)
  await passed.promise
  assert.deepEqual(appends.slice(1), [['D', 'E', 'F']], 'in one append with what must be recorded')
  journal.later([event('G')])
  await eventually('an append for it alone', () => appends[2])
  assert.deepEqual(appends.slice(2), [['G']])
})

test('journal: a trail that fails is told, and thrown at who must wait for it', async () => {
  const failure = new FaultError('AUDIT_WRITE_FAILED', 'disk full')
  const told: unknown[] = []
  const trail = {
    append: () => {
      throw failure
    },
    flush: () => Promise.resolve(),
  }
  const journal = new Journal(trail, (error) => told.push(error))
  journal.later([{ code: 'A', detail: {} }])
  assert.throws(() => journal.append([{ code: 'B', detail: {} }]), failure)
  journal.later([{ code: 'C', detail: {} }])
  await eventually('both failures', () => (told.length >= 2 ? told : undefined))
  assert.deepEqual(told, [failure, failure])
})
