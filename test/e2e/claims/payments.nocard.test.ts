/** Claim payments.nocard: a card number that passes the web gateway is noticed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { measureClaim } from '#kit/claims.ts'
import { eventually } from '#kit/eventually.ts'
import { startGateway, startUpstream, testAuthority } from '#kit/web-gateway.ts'
import { noCardProbe, TEST_NUMBER } from '#services/prober/probes/payments.ts'

for (const [turn, form] of ['plain', 'spaced', 'base64'].entries()) {
  test(`payments.nocard: proven by the gateway, with a test number ${form}`, async () => {
    await using application = await startUpstream((request, response) => {
      request.resume()
      response.end()
    })
    await using gateway = await startGateway({ localhost: application.address })
    const https = { host: '127.0.0.1', port: gateway.httpsPort }
    const target = { https, plain: https, hostName: 'localhost', ca: testAuthority }
    const seen = (): Promise<boolean> =>
      Promise.resolve(gateway.events.some(({ code }) => code === 'CARD_NUMBER_SEEN'))
    const watch = (): Promise<typeof seen> => Promise.resolve(seen)
    const probe = noCardProbe(target, { turn: () => turn, watch })
    const { state, values } = await measureClaim('payments.nocard', probe)
    assert.equal(state, 'proven', values)
    const drills = gateway.events.map(({ detail }) => detail['drill'])
    assert.deepEqual(drills, [true], 'told apart from a number of somebody')
    assert(!JSON.stringify(gateway.events).includes(TEST_NUMBER.slice(0, 6)), 'no digit is kept')
  })
}

test('payments.nocard: a number in an answer is noticed, too', async () => {
  await using application = await startUpstream((request, response) => {
    request.resume()
    response.end(`<p>${TEST_NUMBER}</p>`)
  })
  await using gateway = await startGateway({ localhost: application.address })
  const https = { host: '127.0.0.1', port: gateway.httpsPort }
  const target = { https, plain: https, hostName: 'localhost', ca: testAuthority }
  const seen = (): Promise<boolean> => Promise.resolve(true)
  const probe = noCardProbe(target, { turn: () => 0, watch: () => Promise.resolve(seen) })
  await measureClaim('payments.nocard', probe)
  const where = gateway.events.map(({ detail }) => detail['where'])
  assert.deepEqual(
    where.map(String).toSorted((a, b) => a.localeCompare(b)),
    ['request', 'response'],
  )
})

test('payments.nocard: a number in an answer that came compressed is noticed', async () => {
  await using application = await startUpstream((request, response) => {
    request.resume()
    response.setHeader('content-encoding', 'gzip')
    response.end(gzipSync(`${'<p>a court</p>'.repeat(500)}<p>${TEST_NUMBER}</p>`))
  })
  await using gateway = await startGateway({ localhost: application.address })
  const https = { host: '127.0.0.1', port: gateway.httpsPort }
  const target = { https, plain: https, hostName: 'localhost', ca: testAuthority }
  const seen = (): Promise<boolean> => Promise.resolve(true)
  const probe = noCardProbe(target, { turn: () => 0, watch: () => Promise.resolve(seen) })
  await measureClaim('payments.nocard', probe)
  await eventually('the sighting', () =>
    gateway.events.find(({ detail }) => detail['where'] === 'response'),
  )
})

test('payments.nocard: a number that passes unseen shows it false', async () => {
  await using application = await startUpstream((request, response) => {
    request.resume()
    response.end()
  })
  await using gateway = await startGateway({ localhost: application.address })
  const https = { host: '127.0.0.1', port: gateway.httpsPort }
  const target = { https, plain: https, hostName: 'localhost', ca: testAuthority }
  const unseen = (): Promise<boolean> => Promise.resolve(false)
  const probe = noCardProbe(target, { turn: () => 0, watch: () => Promise.resolve(unseen) })
  const { state } = await measureClaim('payments.nocard', probe)
  assert.equal(state, 'failing')
})
