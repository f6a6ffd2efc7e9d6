/** The suites we find are those that nmap and sslscan find, on servers of many kinds. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { testCertificate } from '#kit/web-gateway.ts'
import { scanTls } from './scan.ts'

const run = promisify(execFile)

const servers: readonly TlsOptions[] = [
  {},
  { minVersion: 'TLSv1.3' },
  { maxVersion: 'TLSv1.2' },
  { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
  { minVersion: 'TLSv1', ciphers: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0' },
  { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
  { ciphers: 'eNULL:@SECLEVEL=0', maxVersion: 'TLSv1.2' },
  { ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES256-SHA' },
]

for (const options of servers) {
  test(`scan: ${JSON.stringify(options)} has as many suites as nmap and sslscan find`, async () => {
    const { certificatePem: cert, keyPem: key } = testCertificate
    const server = createServer({ cert, key, ...options }, (socket) => socket.end())
    server.on('tlsClientError', () => undefined)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const address = { host: '127.0.0.1', port }
      const scan = await scanTls(address, undefined, AbortSignal.timeout(30_000))
      const ours = scan.versions.flatMap(({ suites }) => suites).length
      const script = ['-Pn', '-p', String(port), '--script', 'ssl-enum-ciphers', '127.0.0.1']
      const nmap = await run('nmap', script)
      assert.equal(ours, nmap.stdout.match(/ TLS_/g)?.length ?? 0, nmap.stdout)
      const sslscan = await run('sslscan', ['--no-colour', `127.0.0.1:${port}`])
      assert.equal(ours, sslscan.stdout.match(/^(?:Accepted|Preferred)/gm)?.length ?? 0)
    } finally {
      server.close()
    }
  })
}
