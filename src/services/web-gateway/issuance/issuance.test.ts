/** Certificates of our names that we never showed are told once; our own, renewed or not, never. */
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '#kit/eventually.ts'
import { startGateway, startUpstream, testCertificate } from '#kit/web-gateway.ts'
import { FaultError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'
import { fileFetcher } from '#system/http-call.ts'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { plainSerial, readLogged } from './logged.ts'
import { issuanceMemory, IssuanceWatch, type IssuanceMemory } from './watch.ts'

const DAY_MS = 86_400_000
const own = new X509Certificate(testCertificate.certificatePem)

/** As crt.sh writes it, every field of its answers. */
function entry(serial: string, more: Record<string, string> = {}): Record<string, unknown> {
  return {
    issuer_ca_id: 282054,
    issuer_name: 'C=US, O="SOME AUTHORITY, INC.", CN=A1',
    common_name: 'club.example',
    name_value: 'club.example\nwww.club.example',
    id: 25342399799,
    entry_timestamp: '2026-01-01T00:10:08.423',
    not_before: '2026-01-01T00:00:00',
    not_after: '2026-04-01T00:00:00',
    serial_number: serial,
    result_count: 3,
    ...more,
  }
}

function watchOver(answers: { text: string }): {
  readonly look: (shown?: readonly string[]) => Promise<boolean>
  readonly told: string[]
} {
  const told: string[] = []
  let memory: IssuanceMemory | undefined
  const open = (): IssuanceWatch =>
    new IssuanceWatch(['club.example'], {
      ask: async () => answers.text,
      load: async () => memory,
      store: async (next) => void (memory = next),
      onStranger: ({ serial }) => void told.push(serial),
      wallClockMs: () => Date.UTC(2026, 1, 1),
    })
  return { told, look: (shown = []) => open().look(shown) } // each look is after a restart
}

test('issuance: a stranger is told once, our own never, what has run out neither', async () => {
  const pem = testCertificate.certificatePem
  const list = [entry('0A11'), entry('a11'), entry(`00${own.serialNumber.toLowerCase()}`)]
  const expired = entry('0e', { not_after: '2026-01-31T23:59:59' })
  const answers = { text: JSON.stringify([...list, expired]) }
  const { told, look } = watchOver(answers)
  await look([pem])
  assert.deepEqual(told, ['a11'], 'a precertificate and its certificate are one')
  await look()
  assert.deepEqual(told, ['a11'], 'ours was shown before the restart')
  answers.text = JSON.stringify([...list, entry('b22')])
  await look()
  assert.deepEqual(told, ['a11', 'b22'])
})

test('issuance: times are of UTC, names of all entries of a certificate come together', () => {
  const more = entry('1', { name_value: 'Shop.club.example' })
  const { certificates, after } = readLogged(JSON.stringify([entry('01'), more]))
  const [found, ...others] = certificates
  assert.equal(after, undefined)
  assert.equal(others.length, 0)
  assert.deepEqual(found?.names, ['club.example', 'www.club.example', 'shop.club.example'])
  assert.equal(found?.fromMs, Date.UTC(2026, 0, 1))
  assert.equal(plainSerial('000'), '0')
})

/** As Cert Spotter writes it, with all it can be asked to expand. */
function issuance(id: string, pem: string): Record<string, unknown> {
  const { raw, issuer } = new X509Certificate(pem)
  const digest = createHash('sha256').update(raw).digest('hex')
  return {
    id,
    tbs_sha256: digest,
    cert_sha256: digest,
    dns_names: ['club.example', '*.Club.example'],
    pubkey_sha256: digest,
    issuer: { friendly_name: 'Authority', caa_domains: [], pubkey_sha256: digest, name: issuer },
    not_before: '2026-01-01T00:00:00Z',
    not_after: '2099-04-01T00:00:00Z',
    revoked: false,
    cert_der: raw.toString('base64'),
  }
}

test('issuance: Cert Spotter is read page by page, and goes on where it ended', async () => {
  const authority = await createLocalAuthority(Date.now())
  const made = async (): Promise<string> =>
    (await issueCertificate(authority, ['club.example'], Date.now())).certificatePem
  const pages = new Map([
    [undefined, [issuance('100', await made()), issuance('101', testCertificate.certificatePem)]],
    ['101', [issuance('205', await made())]],
  ])
  const asked: (string | undefined)[] = []
  const told: string[] = []
  let memory: IssuanceMemory | undefined
  const look = async (): Promise<void> => {
    const watch = new IssuanceWatch(['club.example'], {
      ask: async (_, after) => {
        asked.push(after)
        return JSON.stringify(pages.get(after) ?? [])
      },
      load: async () => memory,
      store: async (next) => void (memory = issuanceMemory.parse(JSON.parse(JSON.stringify(next)))),
      onStranger: ({ serial, names }) => void told.push(`${serial} ${names.join(' ')}`),
      wallClockMs: () => Date.UTC(2026, 1, 1),
    })
    await watch.look([testCertificate.certificatePem])
  }
  await look()
  assert.deepEqual(asked, [undefined, '101', '205'])
  assert.equal(told.length, 2)
  assert.match(told[0] ?? '', /^[0-9a-f]+ club\.example \*\.club\.example$/)
  await look()
  assert.deepEqual(asked.slice(3), ['205'], 'what was read is not read again')
  assert.equal(told.length, 2)
})

test('issuance: an answer that is none is a fault; a long list is told bit by bit', async () => {
  const unexpanded = '[{"id":"1","dns_names":["a"],"not_before":"2026-01-01T00:00:00Z"}]'
  for (const text of ['<html>', '{}', '[{"serial_number":"x"}]', unexpanded]) {
    await assert.rejects(watchOver({ text }).look(), { code: 'CT_SOURCE_UNREADABLE' })
  }
  const many = Array.from({ length: 120 }, (_, at) => entry((at + 1).toString(16)))
  const { told, look } = watchOver({ text: JSON.stringify(many) })
  await look()
  assert.equal(told.length, 50)
  await look()
  await look()
  assert.equal(new Set(told).size, 120)
})

test('issuance: the gateway records a stranger, and that its source is away', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-issuance-'))
  try {
    await using application = await startUpstream((_, response) => response.end('ok'))
    const until = new Date(Date.now() + DAY_MS).toISOString().slice(0, 19)
    const list = [entry('c33', { not_after: until }), entry(own.serialNumber)]
    let asked = ''
    const gatewayWith = (answer: () => Promise<string>): ReturnType<typeof startGateway> => {
      const certificateWatch = {
        source: 'https://logs.example/?q={name}',
        names: ['*.club.example'],
      }
      const call = async ({ url }: { url: string }): Promise<{ status: number; text: string }> => {
        asked = url
        return { status: 200, text: await answer() }
      }
      const fetch = fileFetcher(5_000, 1024)
      const file = join(folder, 'deep', 'issuance.json')
      const issuance = { call, fetch, disk: systemDisk, file }
      return startGateway({ localhost: application.address }, { certificateWatch }, { issuance })
    }
    await using gateway = await gatewayWith(async () => JSON.stringify(list))
    const found = await eventually('the record', () =>
      gateway.events.find(({ code }) => code === 'CERTIFICATE_STRANGE'),
    )
    assert.equal(asked, 'https://logs.example/?q=*.club.example')
    assert.equal(found.detail['serial'], 'c33')
    assert.equal(found.detail['names'], 'club.example www.club.example')
    const file = join(folder, 'deep', 'issuance.json')
    await eventually('what was told is kept', () => systemDisk.size(file))
    const away = (): Promise<string> => Promise.reject(new FaultError('HTTP_CALL_FAILED', 'away'))
    await using blind = await gatewayWith(away)
    const told = await eventually('the record', () =>
      blind.events.find(({ code }) => code === 'CERTIFICATE_WATCH_BLIND'),
    )
    assert.equal(told.detail['reason'], 'HTTP_CALL_FAILED')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
