/**
 * The whole chain, each part behind its own socket: a probe measures, the notary signs, the page
 * shows; and what happens when one of them lies, hangs or goes.
 */
import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { canonicalBytes } from '#crypto/canonical-json.ts'
import { sentenceDigest } from '#crypto/evidence.ts'
import { verifyBundle } from '#crypto/evidence-bundle.ts'
import { probing, startChain, type Chain } from '#kit/chain.ts'
import { eventually } from '#kit/eventually.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { toStatement, type Measurement, type Outcome } from '#lib/claims/statement.ts'
import { claimOf } from '#lib/claims/table.ts'
import { proberConfig } from '#services/prober/config.ts'
import type { Probe } from '#services/prober/probe.ts'
import { serveProber } from '#services/prober/serve.ts'
import { systemClock } from '#system/clock.ts'
import { wantHeir } from '#system/successive-key.ts'

const claim = claimOf('tls.enforced')!
let base: string
before(async () => {
  base = await temporaryFolder('chain')
})
after(() => rm(base, { recursive: true }))

async function stateOf(chain: Chain, wanted: string): Promise<void> {
  const deadline = Date.now() + 15_000
  let found: string | undefined
  while (found !== wanted) {
    assert(Date.now() < deadline, `${claim.id} is ${found}, not ${wanted}`)
    await delay(200)
    found = (await chain.states()).claims.find(({ id }) => id === claim.id)?.state
  }
}

function statement(
  outcome: Outcome,
  endedMs: number,
  change: Partial<Measurement> = {},
): Uint8Array {
  const measurement: Measurement = {
    claim: claim.id,
    outcome,
    findings: [{ code: 'TLS_PLAIN_REDIRECTED', values: { status: 308 } }],
    startedMs: endedMs,
    endedMs,
    runs: { count: 1, firstMs: endedMs },
    probeVersion: 1,
    ...change,
  }
  return canonicalBytes(toStatement(measurement, sentenceDigest(claim.sentence)))
}

test('chain: the sentence turns when its control breaks, and turns back when it is mended', async () => {
  await using chain = await startChain(base, 'turns')
  let healthy = true
  const probe: Probe = {
    version: 1,
    measure: () =>
      Promise.resolve(
        healthy
          ? {
              outcome: 'pass',
              findings: [{ code: 'TLS_PLAIN_REDIRECTED', values: { status: 308 } }],
            }
          : { outcome: 'fail', findings: [{ code: 'TLS_PLAIN_CONTENT', values: { status: 200 } }] },
      ),
  }
  await using _prober = await probing(chain, new Map([[claim.id, probe]]), { intervalSeconds: 1 })
  await stateOf(chain, 'proven')
  healthy = false
  await stateOf(chain, 'failing')
  const page = (await chain.get('/nl')).body
  assert(page.includes('Niet alles, op dit moment.') && page.includes('Niet waar'))
  healthy = true
  await stateOf(chain, 'proven')
  const bundle = verifyBundle((await chain.get('/evidence.bundle')).body)
  assert.equal(bundle.evidence[0]?.measurement.outcome, 'pass')
  assert(chain.trail.of('PROBE_RAN').length >= 3 && chain.trail.of('EVIDENCE_SIGNED').length >= 3)
})

test('chain: a key takes over while measurements come in, and nothing is unproven for it', async () => {
  await using chain = await startChain(base, 'succeeds')
  const startMs = Date.now() - 30_000
  let sent = 0
  const going = new AbortController()
  const load = (async () => {
    while (!going.signal.aborted)
      await chain.submit(statement(sent % 2 === 0 ? 'pass' : 'fail', startMs + sent++))
  })()
  const { keyId: first = '' } = (await chain.states()).log?.keys[0] ?? {}
  for (const _ of [1, 2]) await wantHeir(chain.keyFile, systemClock)
  going.abort()
  await load
  const bundle = await eventually('the page has all', async () => {
    const verified = verifyBundle((await chain.get('/evidence.bundle')).body, first)
    return verified.checkpoint.size === sent + 2 ? verified : undefined
  })
  assert.deepEqual([bundle.keys.terms.length, bundle.keys.terms[0]?.keyId], [3, first])
  assert.equal(bundle.evidence[0]?.measurement.endedMs, startMs + sent - 1)
  const page = (await chain.get('/en')).body
  assert(page.includes('Keys before it') && page.includes(first))
  assert.equal((await chain.states()).problem, undefined)
  assert.equal(chain.trail.of('KEY_SUCCEEDED').length, 2)
})

test('chain: a probe that hangs is cut, and proves nothing', async () => {
  await using chain = await startChain(base, 'hangs')
  const probe: Probe = { version: 1, measure: () => new Promise<never>(() => undefined) }
  const config = proberConfig.parse({ intervalSeconds: 1, timeoutSeconds: 0.2 })
  await using _prober = await serveProber(config, {
    probes: new Map([[claim.id, probe]]),
    submit: (bytes) => chain.submit(bytes),
    clock: systemClock,
    trail: chain.trail,
    complain: () => undefined,
  })
  const deadline = Date.now() + 15_000
  while (chain.trail.of('EVIDENCE_SIGNED').length === 0) {
    assert(Date.now() < deadline)
    await delay(100)
  }
  await delay(1100)
  const found = (await chain.states()).claims.find(({ id }) => id === claim.id)
  assert.equal(found?.state, 'unproven')
  assert.equal(found.evidence?.findings[0]?.code, 'PROBE_TIMED_OUT')
})

test('chain: the notary refuses another time, an older one, another sentence, another form', async () => {
  await using chain = await startChain(base, 'refuses')
  const now = Date.now()
  await chain.submit(statement('pass', now))
  const other = canonicalBytes({
    ...(JSON.parse(Buffer.from(statement('pass', now + 1)).toString()) as object),
    subject: [{ digest: { sha256: '00'.repeat(32) }, name: claim.id }],
  })
  const refused: readonly (readonly [why: string, Uint8Array])[] = [
    ['NOTARY_TIME_REFUSED', statement('pass', now - 120_000)],
    ['NOTARY_TIME_REFUSED', statement('pass', now + 120_000)],
    ['NOTARY_TIME_REFUSED', statement('fail', now - 1)],
    [
      'NOTARY_CLAIM_UNKNOWN',
      Buffer.from(
        Buffer.from(statement('pass', now + 1))
          .toString()
          .replaceAll('tls.enforced', 'no.such'),
      ),
    ],
    ['NOTARY_SENTENCE_DIFFERS', other],
    ['JSON_INVALID', Buffer.from('{')],
    ['EVIDENCE_INVALID', canonicalBytes({})],
    ['413', Buffer.alloc(100_000, ' ')],
  ]
  for (const [why, bytes] of refused) await assert.rejects(chain.submit(bytes), new RegExp(why))
  await delay(1100)
  assert.equal((await chain.states()).log?.size, 1, 'and none of it stands in the log')
})

test('chain: equal outcomes are counted and not signed each; a change is signed at once', async () => {
  await using chain = await startChain(base, 'counts')
  const now = Date.now() - 100
  for (let run = 0; run < 5; run++) await chain.submit(statement('pass', now + run))
  await chain.submit(statement('fail', now + 10))
  const { log, claims } = await chain.states()
  assert.equal(log?.size, 3, 'the first, the four held, the change')
  assert.equal(claims.find(({ id }) => id === claim.id)?.evidence?.runs, 1)
})

test('chain: a log turned back makes every claim unproven, and the page says so', async () => {
  await using chain = await startChain(base, 'back')
  const now = Date.now()
  await chain.submit(statement('pass', now - 50))
  await stateOf(chain, 'proven')
  cpSync(chain.folder, `${chain.folder}-old`, { recursive: true })
  await chain.submit(statement('fail', now - 40))
  await stateOf(chain, 'failing')
  rmSync(chain.folder, { recursive: true })
  cpSync(`${chain.folder}-old`, chain.folder, { recursive: true })
  await stateOf(chain, 'unproven')
  const json = await chain.states()
  assert.equal(json.problem, 'EVIDENCE_ROLLED_BACK')
  assert.equal(json.counts.proven, 0)
  assert((await chain.get('/en')).body.includes('does not add up (EVIDENCE_ROLLED_BACK)'))
  assert.equal((await chain.get('/evidence.bundle')).status, 503)
  assert.deepEqual(chain.trail.of('EVIDENCE_UNVERIFIED'), [{ code: 'EVIDENCE_ROLLED_BACK' }])
})

test('chain: an exception is shown with its reason, and hides no failure', async () => {
  const until = new Date(Date.now() + 3_600_000).toISOString()
  const reason = 'The printer of the club <b>cannot</b> do TLS.'
  await using chain = await startChain(base, 'excepted', {
    exceptions: [{ claim: claim.id, reason, until }],
  })
  await chain.submit(statement('fail', Date.now()))
  await stateOf(chain, 'excepted')
  const { body } = await chain.get('/en')
  assert(body.includes('The printer of the club &lt;b>cannot&lt;/b> do TLS.'), 'shown, escaped')
  assert(body.includes('The measurement meanwhile says: not true.'))
  assert.equal((await chain.states()).counts.proven, 0)
})
