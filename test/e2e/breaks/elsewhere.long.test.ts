/**
 * The controls that a ring without a name of its own cannot have proven, broken in turn: the way
 * from the probe to the page is the ring's, each part behind its own socket; the DNS is the test's.
 *
 * As quick as can be by default; at the prober's own beat with `VEILIG_BREAKS`, and timed.
 */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { probing, startChain, type Chain } from '#kit/chain.ts'
import { dnsTarget, startMailClaim, type MailClaim } from '#kit/mail-claims.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { startGateway, testAuthority, type TestGateway } from '#kit/web-gateway.ts'
import type { TlsGrades } from '#lib/grades/tls-grades.ts'
import { gradeTls } from '#services/grader/tls/grade.ts'
import { summaryOf } from '#services/grader/tls/summary.ts'
import type { Probe } from '#services/prober/probe.ts'
import { tlsTransparencyProbe } from '#services/prober/probes/grades.ts'
import { mailDkimProbe, mailDmarcProbe, mailSpfProbe } from '#services/prober/probes/mail-dns.ts'
import { elsewhere } from './table.ts'

const BOUND_MS = 60_000
const PATIENCE_MS = 120_000
const LOOK_EVERY_MS = 250
const isMeasured = process.env['VEILIG_BREAKS'] !== undefined

/** What DNS and the registers say now; nothing: what they should. */
const told = new Map<string, string>()
let timestamps = { valid: 2, invalid: 0, operators: 2 }

type Break = { readonly how: string; readonly set: () => void; readonly mend: () => void }

const saying = (how: string, name: string, record: string): Break => ({
  how,
  set: () => void told.set(name, record),
  mend: () => void told.delete(name),
})

const breaks: Readonly<Record<string, Break>> = {
  'mail.spf': saying('DNS admits everybody', 'reservations.example', 'v=spf1 +all'),
  'mail.dkim': saying(
    'another key stands in DNS',
    'e1._domainkey.reservations.example',
    'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
  ),
  'mail.dmarc': saying(
    'the policy asks for nothing',
    '_dmarc.reservations.example',
    'v=DMARC1; p=none',
  ),
  'tls.transparency': {
    how: 'a timestamp of a register does not verify',
    set: () => void (timestamps = { valid: 1, invalid: 1, operators: 1 }),
    mend: () => void (timestamps = { valid: 2, invalid: 0, operators: 2 }),
  },
}

let chain: Chain
let mail: MailClaim
let web: TestGateway
const stack = new AsyncDisposableStack()

before(async () => {
  const base = await temporaryFolder('elsewhere')
  stack.defer(() => rm(base, { recursive: true, force: true }))
  chain = stack.use(await startChain(base, 'c'))
  mail = stack.use(await startMailClaim())
  web = stack.use(await startGateway({}))
  const dns = dnsTarget((name) => told.get(name))
  const probes: readonly (readonly [string, Probe])[] = [
    ['mail.spf', mailSpfProbe(dns)],
    ['mail.dkim', mailDkimProbe(mail.target, dns)],
    ['mail.dmarc', mailDmarcProbe(dns)],
    ['tls.transparency', tlsTransparencyProbe(grades)],
  ]
  const often = ([id, probe]: readonly [string, Probe]) =>
    [id, { ...probe, everySeconds: 1 }] as const
  const paced = new Map(isMeasured ? probes : probes.map(often))
  stack.use(await probing(chain, paced, isMeasured ? {} : { intervalSeconds: 1 }))
})
after(() => stack.disposeAsync())

/** The gateway's own handshakes, with a certificate as if a public authority had made it. */
async function grades(signal: AbortSignal): Promise<TlsGrades> {
  const address = { host: '127.0.0.1', port: web.httpsPort }
  const target = { address, serverName: 'localhost', ca: testAuthority, nowMs: Date.now() }
  const summary = summaryOf(await gradeTls({ ...target, hstsMaxAgeSeconds: 0 }, signal))
  return { ...summary, publiclyTrusted: true, logs: ['a', 'b'], timestamps }
}

async function until(id: string, state: string): Promise<number> {
  const fromMs = performance.now()
  for (;;) {
    const is = (await chain.states()).claims.find((claim) => claim.id === id)
    const spentMs = performance.now() - fromMs
    if (is?.state === state) return spentMs
    const why = JSON.stringify([is?.evidence?.findings, chain.complaints])
    assert(spentMs < PATIENCE_MS, `${id} is ${is?.state}, not ${state}: ${why}`)
    await delay(LOOK_EVERY_MS)
  }
}

test('breaks elsewhere: each is a claim that a ring cannot prove, and none is left out', () => {
  assert.deepEqual(Object.keys(breaks).toSorted(), Object.keys(elsewhere).toSorted())
})

for (const [id, { how, set, mend }] of Object.entries(breaks)) {
  test(`breaks elsewhere: ${id} turns when ${how}, and turns back`, async (t) => {
    await until(id, 'proven')
    set()
    const turnedMs = await until(id, 'failing')
    mend()
    const backMs = await until(id, 'proven')
    const seconds = [turnedMs, backMs].map((ms) => `${(ms / 1000).toFixed(1)} s`)
    t.diagnostic(`${id}: turned in ${seconds[0]}, back in ${seconds[1]}`)
    if (isMeasured && turnedMs > BOUND_MS) t.diagnostic(`${id}: LATER THAN PROMISED`)
  })
}
