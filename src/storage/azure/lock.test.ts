/**
 * What Azure is asked for where its container shall refuse to delete, and what its refusals become.
 * No emulator has immutability, so the other side speaks as the service's own documents say.
 *
 * Source: Azure Storage REST API, "Put Blob", "Set Blob Immutability Policy" and "Set Blob Legal
 * Hold".
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { systemClock } from '#system/clock.ts'
import { AzureStore } from './azure-store.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2026, 10, 23, 12)

let asked: IncomingMessage[] = []
let answer: { readonly status: number; readonly headers?: Record<string, string> }
let store: AzureStore

const server = createServer((request, response) => {
  asked.push(request)
  request.resume().on('end', () => response.writeHead(answer.status, answer.headers).end())
})

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const place = {
    endpoint: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    timeoutMs: 30_000,
    account: 'club',
    container: 'copies',
    secret: () => Promise.resolve({ key: 'a2V5' }),
  }
  const clock = { ...systemClock, nowMs: () => NOW_MS }
  store = new AzureStore({ ...place, prefix: '', lock: { mode: 'locked', days: 90 } }, clock)
})

beforeEach(() => void (asked = []))

after(async () => {
  await store[Symbol.asyncDispose]()
  server.close()
})

test('azure lock: an object is stored once, locked from then until its day', async () => {
  answer = { status: 201 }
  await store.put('wal/1', new Uint8Array(5))
  assert.equal(asked[0]?.method, 'PUT')
  const headers = asked[0]?.headers ?? {}
  assert.equal(headers['if-none-match'], '*')
  assert.equal(headers['x-ms-immutability-policy-mode'], 'locked')
  const until = headers['x-ms-immutability-policy-until-date']
  assert.equal(until, new Date(NOW_MS + 90 * DAY_MS).toUTCString())
})

test('azure lock: what may not be deleted is told as locked, not as gone', async () => {
  for (const code of ['BlobImmutableDueToPolicy', 'BlobImmutableDueToLegalHold']) {
    answer = { status: 409, headers: { 'x-ms-error-code': code } }
    await assert.rejects(store.delete('wal/1'), { code: 'OBJECT_LOCKED' }, code)
  }
})

test('azure lock: a lock is made longer and a hold placed by calls of their own', async () => {
  answer = { status: 200 }
  await store.lock!.extend('wal/1', NOW_MS + 120 * DAY_MS)
  await store.lock!.hold('wal/1', true)
  const [extended, held] = asked
  assert.match(extended?.url ?? '', /\/copies\/wal\/1\?comp=immutabilityPolicies$/)
  const until = extended?.headers['x-ms-immutability-policy-until-date']
  assert.equal(until, new Date(NOW_MS + 120 * DAY_MS).toUTCString())
  assert.match(held?.url ?? '', /\/copies\/wal\/1\?comp=legalhold$/)
  assert.equal(held?.headers['x-ms-legal-hold'], 'true')
  answer = { status: 409, headers: { 'x-ms-error-code': 'ImmutabilityPolicyUpdateOnLockedPolicy' } }
  await assert.rejects(store.lock!.extend('wal/1', NOW_MS), { code: 'OBJECT_LOCKED' })
})

test('azure lock: a container without immutability is known beforehand', async () => {
  answer = { status: 200 }
  assert.equal(await store.lock!.enabled(), false)
  const headers = { 'x-ms-immutable-storage-with-versioning-enabled': 'true' }
  answer = { status: 200, headers }
  assert.equal(await store.lock!.enabled(), true)
})
