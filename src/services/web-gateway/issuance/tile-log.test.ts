/** A log is read from its own tiles; what it did not sign is told to nobody. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '#kit/eventually.ts'
import { TestTileLog } from '#kit/tile-log.ts'
import { startGateway, startUpstream, testAuthority, testCertificate } from '#kit/web-gateway.ts'
import { systemDisk } from '#system/disk.ts'
import { fileFetcher } from '#system/http-call.ts'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { readTileLog, type LogNews, type LogState } from './tile-log.ts'

const nowMs = Date.now()
const authority = await createLocalAuthority(nowMs)
const issued = async (...names: string[]): Promise<string> =>
  (await issueCertificate(authority, names, nowMs)).certificatePem
const ours = await issued('club.example')
const others = await issued('somebody.example', 'notclub.example', 'club.example.net')

function look(log: TestTileLog, since?: LogState, tilesMax?: number): Promise<LogNews> {
  const at = { url: 'https://log.example/', key: log.key }
  return readTileLog(at, since, ['*.club.example'], log.fetch, tilesMax)
}

function told({ certificates }: LogNews): string[] {
  return certificates.map(({ names }) => names.join(' '))
}

/** A log of so many certificates of other people. */
function logOf(count: number): TestTileLog {
  const log = new TestTileLog()
  for (let at = 0; at < count; at++)
    log.add(others, at % 2 === 0 ? 'certificate' : 'precertificate')
  return log
}

test('tile log: from the second look on, what is for our names is found', async () => {
  const log = logOf(5)
  log.add(ours, 'certificate')
  log.publish()
  const first = await look(log)
  assert.deepEqual(told(first), [], 'what was there before is not read')
  assert.equal(first.state.size, 6)
  for (const name of ['club.example', '*.Club.example', 'a.b.club.example', '*.example']) {
    log.add(await issued(name), 'precertificate')
    log.add(others, 'certificate')
  }
  log.publish()
  const second = await look(log, first.state)
  assert.deepEqual(told(second), [
    'club.example',
    '*.club.example',
    'a.b.club.example',
    '*.example',
  ])
  assert.ok(second.certificates.every(({ issuer }) => /CN=/.test(issuer)))
  assert.ok(second.certificates.every(({ untilMs, fromMs }) => fromMs <= nowMs && untilMs > nowMs))
  const asked = log.asked.length
  assert.deepEqual(told(await look(log, second.state)), [])
  assert.deepEqual(log.asked.slice(asked), ['checkpoint'], 'nothing new costs one question')
})

test('tile log: read over many tiles, bit by bit, wherever looks end', async () => {
  const log = logOf(300)
  log.publish()
  let { state } = await look(log)
  for (let at = 0; at < 700; at++) log.add(at === 450 ? ours : others, 'precertificate')
  log.publish()
  const found: string[] = []
  for (let looks = 0; state.size < 1000; looks++) {
    assert.ok(looks < 3, 'three tiles, one at a time')
    const news = await look(log, state, 1)
    assert.equal(news.isWhole, news.state.size === 1000)
    found.push(...told(news))
    state = news.state
  }
  assert.deepEqual(found, ['club.example'])
})

test('tile log: nothing is believed that its key did not sign', async () => {
  const log = logOf(255)
  log.publish()
  const { state } = await look(log)
  for (let at = 0; at < 4; at++) log.add(at === 2 ? ours : others, 'certificate')
  log.publish()
  const kept = new Map(log.files)
  const refused = async (code: string, change: () => void): Promise<void> => {
    change()
    await assert.rejects(look(log, state), { code })
    for (const [path, bytes] of kept) log.files.set(path, bytes)
  }
  const altered = (path: string, at: number): void => {
    const bytes = Buffer.from(log.files.get(path) ?? '')
    bytes[bytes.length - at]! ^= 1
    log.files.set(path, bytes)
  }
  // The last bytes are of the chain, which is in no tree; before them come the extensions.
  await refused('CT_LOG_INCONSISTENT', () => altered('tile/data/000', 67))
  await refused('CT_LOG_INCONSISTENT', () => altered('tile/data/001.p/3', 67))
  await refused('CT_TILE_INVALID', () =>
    log.files.set('tile/data/000', kept.get('tile/data/000')!.subarray(0, -1)),
  )
  await refused('CT_TILE_INVALID', () => log.files.set('tile/data/001.p/3', Buffer.alloc(0)))
  await refused('NOTE_SIGNATURE_INVALID', () => altered('checkpoint', 5))
  await refused('NOTE_MALFORMED', () => log.files.set('checkpoint', Buffer.from('<html>')))
  const stranger = logOf(400)
  stranger.publish()
  await refused('NOTE_UNSIGNED', () =>
    log.files.set('checkpoint', stranger.files.get('checkpoint')!),
  )
  await refused('HTTP_CALL_FAILED', () => log.files.delete('tile/data/000'))
  assert.deepEqual(told(await look(log, state)), ['club.example'], 'and whole it is read')
})

test('tile log: one that has rewritten what it was, or goes back, is not followed', async () => {
  const log = logOf(300)
  log.publish()
  const { state } = await look(log)
  const other = { size: state.size, hashes: [...state.hashes].reverse() }
  log.add(ours, 'certificate')
  log.publish()
  await assert.rejects(look(log, other), { code: 'CT_LOG_INCONSISTENT' })
  const later = { ...state, size: 301 }
  const before = logOf(3)
  before.publish()
  const behind = await look(before, later)
  assert.deepEqual(behind, { certificates: [], state: later, isWhole: true }, 'an older copy')
})

test('tile log: the gateway reads one over HTTPS, and records a stranger in it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-tile-log-'))
  const log = logOf(3)
  log.publish()
  const { certificatePem: cert, keyPem: key } = testCertificate
  const server = createServer({ cert, key }, ({ url = '' }, response) => {
    const packed = log.packed(url.slice(1))
    if (packed) response.setHeader('content-encoding', 'gzip')
    response.writeHead(packed ? 200 : 404).end(packed)
  })
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    await using application = await startUpstream((_, response) => response.end('ok'))
    const logs = [{ url: `https://localhost:${port}`, key: log.key }]
    const file = join(folder, 'issuance.json')
    const start = (): ReturnType<typeof startGateway> =>
      startGateway(
        { localhost: application.address },
        { certificateWatch: { logs, names: ['club.example'] } },
        {
          issuance: {
            call: () => Promise.reject(new Error('there is no source to ask')),
            fetch: fileFetcher(5_000, 1024 * 1024, testAuthority),
            disk: systemDisk,
            file,
          },
        },
      )
    {
      await using first = await start()
      await eventually('how far the log is', () => systemDisk.size(file))
      assert.deepEqual(first.events, [])
    }
    log.add(ours, 'precertificate')
    log.add(ours, 'certificate')
    log.publish()
    await using second = await start()
    const found = await eventually('the record', () =>
      second.events.find(({ code }) => code === 'CERTIFICATE_STRANGE'),
    )
    assert.equal(found.detail['names'], 'club.example')
    assert.equal(second.events.length, 1, 'a precertificate and its certificate are one')
  } finally {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true, force: true })
  }
})
