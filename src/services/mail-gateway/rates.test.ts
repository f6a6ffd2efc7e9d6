/** Limits of senders, clubs, networks and domains: over all gateways, and over a restart. */
import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { DOMAIN, RawSmtp, startMailGateway } from '#kit/mail-gateway.ts'
import { mailGatewayConfig } from './config.ts'
import { HOUR_MS, MINUTE_MS } from './limits.ts'
import { forgetRates, takeRates } from './rates.ts'
import { serve } from './serve.ts'

const settings = { rates: { networkPerHour: 3, tenantPerHour: 5, domainPerHour: 8 } }
const gateway = await startMailGateway(settings)
after(() => gateway[Symbol.asyncDispose]())
beforeEach(() => gateway.reset())

const key = new Uint8Array(32)
const take = (names: readonly string[], max: number, atMs: number): Promise<string | undefined> =>
  takeRates(
    gateway.pool,
    key,
    names.map((name) => ({ key: name, max, withinMs: MINUTE_MS })),
    atMs,
  ).then((reached) => reached?.key)

/** @returns The code of what was refused; '' when it was taken. */
async function handIn(port: number, to: string, fields = ''): Promise<string> {
  const client = await RawSmtp.ready(port)
  const said = await client.mail(to, `From: a@${DOMAIN}\r\n${fields}Subject: x\r\n\r\nhello`)
  client.close()
  return /MAIL_\w+/.exec(said)?.[0] ?? ''
}

test('rates: so many at once, then one by one; a name is refused for itself alone', async () => {
  const begun = Date.now()
  const at = (ms: number, names: readonly string[]): Promise<string | undefined> =>
    take(names, 4, begun + ms)
  for (let mail = 0; mail < 4; mail++) assert.equal(await at(0, ['a', 'b']), undefined)
  assert.equal(await at(0, ['a', 'c']), 'a')
  assert.equal(await at(0, ['c', 'b']), 'b', 'and then nothing is counted for the others')
  for (let mail = 0; mail < 4; mail++) assert.equal(await at(0, ['c']), undefined)
  assert.equal(await at(15_000, ['a']), undefined)
  assert.equal(await at(15_000, ['a']), 'a')
  assert.equal(await at(-10 * HOUR_MS, ['a']), 'a', 'a clock that is set back opens nothing')
  assert.equal(await at(15_000 - 10 * HOUR_MS, ['a']), undefined, 'and closes nothing for long')
})

test('rates: many who ask at the same moment get no more than there is', async () => {
  const begun = Date.now()
  for (let round = 0; round < 30; round++) {
    const names = [`x${round}`, `y${round}`]
    await take(names, 2, begun)
    const asked = Array.from({ length: 8 }, (_, at) =>
      take(at % 2 === 0 ? names : names.toReversed(), 2, begun),
    )
    const taken = (await Promise.all(asked)).filter((reached) => reached === undefined)
    assert.equal(taken.length, 1)
  }
  await forgetRates(gateway.pool, begun + 2 * HOUR_MS)
  assert.equal((await gateway.pool.query('select from rate')).rowCount, 0)
})

test('rates: a gateway that begins anew goes on with the count; nobody is named', async () => {
  const visitor = 'X-Veilig-Network: 203.0.113.77\r\n'
  for (let mail = 0; mail < 3; mail++)
    assert.equal(await handIn(gateway.port, `p${mail}@club.example`, visitor), '')
  const { ports } = gateway
  const senders = [{ name: 'application', domains: [DOMAIN] }]
  const config = mailGatewayConfig.parse({ senders, ...settings })
  const httpSocket = `${ports.httpSocket}-2`
  await using anew = await serve(config, { ...ports, httpSocket })
  assert.equal(await handIn(anew.port, 'p3@club.example', visitor), 'MAIL_NETWORK_RATE')
  assert.equal(gateway.trail.of('MAIL_REFUSED')[0]?.['of'], '203.0.113.77')
  for (let mail = 4; mail < 6; mail++)
    assert.equal(await handIn(anew.port, `p${mail}@club.example`), '')
  assert.equal(await handIn(anew.port, 'p6@club.example'), 'MAIL_TENANT_RATE')
  for (let mail = 7; mail < 10; mail++)
    assert.equal(await handIn(anew.port, `p${mail}@club.example`, 'X-Veilig-Tenant: b\r\n'), '')
  const said = await handIn(anew.port, 'p10@club.example', 'X-Veilig-Tenant: c\r\n')
  assert.equal(said, 'MAIL_DOMAIN_RATE')
  const reset = 'X-Veilig-Category: security\r\n'
  assert.equal(await handIn(anew.port, 'p11@club.example', reset), '', 'whoever is locked out')
  const { rows } = await gateway.pool.query<{ key: string }>('select key from rate')
  for (const row of rows) assert.match(row.key, /^[0-9a-f]{32}$/)
})
