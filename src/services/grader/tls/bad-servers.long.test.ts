/**
 * Servers with the mistakes of the last thirty years, of OpenSSL's and of our own records: each is
 * told by its name, and by no other. Good servers are told nothing bad.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { before, test } from 'node:test'
import { makeRsaPair, startBadTls, type Mistakes, type RsaPair } from '#kit/bad-tls.ts'
import { testCertificate } from '#kit/web-gateway.ts'
import type { TlsAddress } from './ask.ts'
import { findFaults } from './faults.ts'
import { scanTls } from './scan.ts'

let rsa: RsaPair
before(async () => {
  rsa = await makeRsaPair()
})

async function vulnerableTo(address: TlsAddress): Promise<string[]> {
  const scan = await scanTls(address, 'localhost', AbortSignal.timeout(60_000))
  const found = findFaults(scan).filter(({ state }) => state === 'vulnerable')
  return found.map(({ name }) => name)
}

/** What an OpenSSL server with these options is told. */
async function vulnerableAt(options: TlsOptions, withRsa: boolean): Promise<string[]> {
  const { certificatePem: cert, keyPem: key } = withRsa ? rsa : testCertificate
  const server = createServer({ cert, key, ...options }, (socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    return await vulnerableTo({ host: '127.0.0.1', port })
  } finally {
    server.close()
  }
}

/** With the fault that it should be told by. */
const bad: readonly (readonly [name: string, faults: readonly string[], mistakes: Mistakes])[] = [
  ['padding that nobody looks at', ['POODLE-TLS'], { onBadPadding: 'accept' }],
  ['an alert of its own for bad padding', ['Zombie POODLE'], { onBadPadding: 47 }],
  ['bad padding that ends the connection', ['Zombie POODLE'], { onBadPadding: 'close' }],
  ['bad padding that is met with silence', ['Zombie POODLE'], { onBadPadding: 'silence' }],
  ['a cipher that leaks its beginning', ['RC4'], { suites: [0x0005, 0xc011] }],
  ['triple DES', ['SWEET32'], { suites: [0x000a, 0xc012] }],
  ['single DES', ['SWEET32'], { suites: [0x0009] }],
  ['IDEA', ['SWEET32'], { suites: [0x0007] }],
  ['RC4 with a key for export', ['RC4', 'FREAK'], { suites: [0x0003] }],
  ['a field for export', ['SWEET32', 'LOGJAM'], { suites: [0x0014] }],
  ['nothing hidden', ['Anonymous or unencrypted suites'], { suites: [0x003b] }],
  ['nobody who proves himself', ['Anonymous or unencrypted suites'], { suites: [0xc018] }],
  ['a secret for ever', ['RACCOON'], { suites: [0x0031] }],
  ['an alert of its own for a bad MAC', ['GOLDENDOODLE'], { onBadMac: 51 }],
  ['a bad MAC that ends the connection', ['GOLDENDOODLE'], { onBadMac: 'close' }],
  ['padding longer than the record', ['Sleeping POODLE'], { onIncomplete: 'close' }],
  ['a record that is all padding', ['CVE-2016-2107'], { onMissingMac: 22 }],
  ['an empty record', ['CVE-2019-1559'], { onEmpty: 'close' }],
  ['an alert for a bad key message', ['ROBOT'], { onBadKey: 47, suites: [0x009c] }],
  ['silence for a bad key message', ['ROBOT'], { onBadKey: 'silence', suites: [0x009c] }],
  ['the end for a bad key message', ['ROBOT'], { onBadKey: 'close', suites: [0x009c] }],
  ['half a session number made whole', ['Ticketbleed'], { bleedsSessions: true }],
  ['one secret for all visitors', ['RACCOON'], { fieldReused: true, suites: [0x009e] }],
  ['a second handshake within the first', ['Insecure renegotiation'], { renegotiates: true }],
]

for (const [name, faults, mistakes] of bad) {
  test(`bad server: ${name} is ${faults.join(', ')}`, async () => {
    await using server = await startBadTls(rsa, mistakes)
    assert.deepEqual(await vulnerableTo(server), faults)
  })
}

/** Of OpenSSL's own making, badly configured. */
const badlyConfigured: readonly (readonly [string, readonly string[], TlsOptions, boolean])[] = [
  [
    'CBC with TLS 1.0',
    ['BEAST'],
    { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0' },
    false,
  ],
  [
    'nobody who proves himself, of OpenSSL',
    ['Anonymous or unencrypted suites'],
    { maxVersion: 'TLSv1.2', ciphers: 'AECDH-AES128-SHA:@SECLEVEL=0' },
    false,
  ],
  [
    'nothing hidden, of OpenSSL',
    ['Anonymous or unencrypted suites'],
    { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-NULL-SHA:@SECLEVEL=0' },
    true,
  ],
]

for (const [name, faults, options, withRsa] of badlyConfigured) {
  test(`bad server: ${name} is ${faults.join(', ')}`, async () => {
    assert.deepEqual(await vulnerableAt(options, withRsa), faults)
  })
}

const cbcWithRsa = 'AES128-SHA:AES256-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384'
const ofOpenSsl: readonly (readonly [name: string, options: TlsOptions, withRsa: boolean])[] = [
  ['as Node.js has it', {}, false],
  ['TLS 1.3 alone', { minVersion: 'TLSv1.3' }, false],
  ['TLS 1.2 alone', { maxVersion: 'TLSv1.2' }, false],
  ['an RSA certificate', {}, true],
  ['one AEAD suite', { ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305', maxVersion: 'TLSv1.2' }, false],
  ['CBC and RSA key exchange', { ciphers: cbcWithRsa, maxVersion: 'TLSv1.2' }, true],
  ['a fresh field each time', { ciphers: 'DHE-RSA-AES128-GCM-SHA256', dhparam: 'auto' }, true],
  ['one curve', { ecdhCurve: 'P-256', maxVersion: 'TLSv1.2' }, false],
]

for (const [name, options, withRsa] of ofOpenSsl) {
  test(`good server: ${name} has no fault`, async () => {
    assert.deepEqual(await vulnerableAt(options, withRsa), [])
  })
}

const unmistaken: readonly Mistakes[] = [{}, { suites: [0x009c] }, { suites: [0x009e] }]

test('bad and good servers: how many there are', (t) => {
  const badCount = bad.length + badlyConfigured.length
  const goodCount = ofOpenSsl.length + unmistaken.length
  t.diagnostic(`${badCount} bad servers, ${goodCount} good ones`)
  assert(badCount >= 25 && goodCount >= 10)
})

test('good server: our own records without a mistake have none, in any mode', async () => {
  for (const mistakes of unmistaken) {
    await using server = await startBadTls(rsa, mistakes)
    assert.deepEqual(await vulnerableTo(server), [])
  }
})
