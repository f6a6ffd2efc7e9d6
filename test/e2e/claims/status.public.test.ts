/** status.public: the status page behind the gateway, whole; then stuck, blind, old and gone. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { component, startStatus, type TestStatus } from '#kit/status.ts'
import { startGateway, testAuthority } from '#kit/web-gateway.ts'
import { words } from '#lib/claims/claim.ts'
import { statusPublicProbe, type Rehearsal } from '#services/prober/probes/status-public.ts'
import { lookWithin } from '#services/status/monitors/look.ts'
import { lookUnix } from '#services/status/monitors/monitors.ts'
import type { Watched } from '#services/status/ports.ts'
import { systemClock, type Clock } from '#system/clock.ts'
import { listenOnUnix } from '#system/unix-server.ts'

let folder: string
let server: TestPostgres
before(async () => {
  folder = await temporaryFolder('status-claim')
  server = await startPostgres()
})
after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** The real thing: a door that is open or shut. */
function door(): Rehearsal & AsyncDisposable {
  let open: AsyncDisposable | undefined
  const off = async (): Promise<void> => {
    await open?.[Symbol.asyncDispose]()
    open = undefined
  }
  return {
    on: async () => void (open ??= await listenOnUnix(createServer(), join(folder, 'r.sock'))),
    off,
    [Symbol.asyncDispose]: off,
  }
}

function rehearsed(look: Watched['look']): Watched {
  const name = words('Proef', 'Test', 'Essai')
  return { id: 'rehearsal', name, look, intervalMs: 500, rehearsal: true }
}

const lookAtDoor: Watched['look'] = (stop) =>
  lookWithin(
    1000,
    () => performance.now(),
    stop,
    (signal) => lookUnix(join(folder, 'r.sock'), signal),
  )

function startPage(look: Watched['look']): Promise<TestStatus> {
  const watched = [component('shop', () => ({ up: true, tookMs: 1 })), rehearsed(look)]
  return startStatus({ folder, server, watched })
}

async function measure(socketPath: string, clock: Clock = systemClock): Promise<Measured> {
  await using gateway = await startGateway({ localhost: { socketPath } })
  await using rehearsal = door()
  const https = { host: '127.0.0.1', port: gateway.httpsPort }
  const target = { https, hostName: 'localhost', ca: testAuthority, rehearsal, clock }
  return await measureClaim('status.public', statusPublicProbe(target))
}

test('status.public: proven while an outage that we cause is shown in time', async () => {
  await using page = await startPage(lookAtDoor)
  const { state, codes, values } = await measure(page.socket)
  assert.equal(state, 'proven', values)
  assert.deepEqual(codes, ['STATUS_FRESH', 'STATUS_OUTAGE_SHOWN'])
})

test('status.public: a page that calls everything working shows it false', async () => {
  await using page = await startPage(() => Promise.resolve({ up: true, tookMs: 1 }))
  const { state, codes, values } = await measure(page.socket)
  assert.equal(state, 'failing', values)
  assert.deepEqual(codes, ['STATUS_OUTAGE_HIDDEN'], values)
})

test('status.public: a page of an hour ago, or none at all, shows it false', async () => {
  {
    await using page = await startPage(lookAtDoor)
    await page.until(({ components }) => components[0]?.checked !== undefined)
    const later: Clock = { ...systemClock, nowMs: () => Date.now() + 3_600_000 }
    const { state, codes } = await measure(page.socket, later)
    assert.deepEqual([state, ...codes], ['failing', 'STATUS_OLD'])
  }
  const { state, codes, values } = await measure(join(folder, 's.sock'))
  assert.equal(state, 'failing', values)
  assert.deepEqual(codes, ['STATUS_NO_PAGE'])
})
