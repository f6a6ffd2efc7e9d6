/** Claim payments.redirect: paying happens at the gateway, and paid means that it said so. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startGateway, startUpstream, testAuthority } from '#kit/web-gateway.ts'
import { paymentsRedirectProbe, type LedgerCounts } from '#services/prober/probes/payments.ts'

const away = '<form method="post" action="https://gateway.example/pay"><button>Go</button></form>'
const sound: LedgerCounts = { paid: 3, unwitnessed: 0, unbalanced: 0 }

async function measure(page: string, ledger: LedgerCounts, path = '/go/1'): Promise<Measured> {
  await using application = await startUpstream((request, response) => {
    request.resume()
    response.end(page)
  })
  await using gateway = await startGateway({ 'pay.localhost': application.address })
  const https = { host: '127.0.0.1', port: gateway.httpsPort }
  const target = { https, plain: https, hostName: 'localhost', ca: testAuthority }
  const address = path.startsWith('/') ? `https://pay.localhost:${gateway.httpsPort}${path}` : path
  const view = {
    ownHosts: ['pay.localhost', 'localhost'],
    begin: () => Promise.resolve(address),
    ledger: () => Promise.resolve(ledger),
    customers: () => Promise.resolve([]),
  }
  return await measureClaim('payments.redirect', paymentsRedirectProbe(target, view))
}

test('payments.redirect: proven by a redirect, or by a page that only leads away', async () => {
  for (const path of ['/go/1', 'https://gateway.example/checkout']) {
    const { state, values } = await measure(away, sound, path)
    assert.equal(state, 'proven', values)
  }
})

test('payments.redirect: a page of ours that could take a card shows it false', async () => {
  for (const page of [
    `${away}<input type="text" name="pan">`,
    `${away}<iframe src="https://gateway.example/"></iframe>`,
    `${away}<script src="/pay.js"></script>`,
    '<form action="/pay"><button>Pay</button></form>',
  ]) {
    const { state } = await measure(page, sound)
    assert.equal(state, 'failing', page)
  }
})

test('payments.redirect: a paid order without the gateway’s word shows it false', async () => {
  assert.equal((await measure(away, { ...sound, unwitnessed: 1 })).state, 'failing')
  assert.equal((await measure(away, { ...sound, unbalanced: 1 })).state, 'failing')
})
