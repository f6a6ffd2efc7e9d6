/**
 * The suites we find are those that nmap and sslscan find, name by name, on servers of many kinds:
 * Node's own OpenSSL, Debian's, nginx on it, and servers of our own records.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { makeRsaPair, type RsaPair } from '#kit/bad-tls.ts'
import { freePort, listening } from '#kit/ports.ts'
import { testCertificate } from '#kit/web-gateway.ts'
import { scanTls } from './scan.ts'

const run = promisify(execFile)
let folder: string
let rsa: RsaPair
before(async () => {
  rsa = await makeRsaPair()
  folder = await mkdtemp(join(tmpdir(), 'veilig-scan-'))
  await writeFile(join(folder, 'rsa.pem'), rsa.certificatePem)
  await writeFile(join(folder, 'rsa.key'), rsa.keyPem, { mode: 0o600 })
  await writeFile(join(folder, 'ec.pem'), testCertificate.certificatePem)
  await writeFile(join(folder, 'ec.key'), testCertificate.keyPem, { mode: 0o600 })
})
after(() => rm(folder, { recursive: true, force: true }))

async function compare(port: number): Promise<void> {
  const address = { host: '127.0.0.1', port }
  const { versions } = await scanTls(address, undefined, AbortSignal.timeout(60_000))
  const ours = versions.flatMap(({ suites }) => suites.map(({ name }) => name)).sort()
  const script = ['-Pn', '-p', String(port), '--script', 'ssl-enum-ciphers', '127.0.0.1']
  const nmap = await run('nmap', script)
  // nmap has a name of its own for the suites of TLS 1.3.
  const theirs = [...nmap.stdout.matchAll(/ (TLS_\w+)/g)].map(([, name = '']) =>
    name.replace('TLS_AKE_WITH_', 'TLS_'),
  )
  assert.deepEqual(ours, theirs.sort())
  assert(ours.length > 0)
  const sslscan = await run('sslscan', ['--no-colour', `127.0.0.1:${port}`])
  assert.equal(ours.length, sslscan.stdout.match(/^(?:Accepted|Preferred)/gm)?.length ?? 0)
}

const ofNode: readonly (readonly [TlsOptions, 'ec' | 'rsa'])[] = [
  [{}, 'ec'],
  [{ minVersion: 'TLSv1.3' }, 'ec'],
  [{ maxVersion: 'TLSv1.2' }, 'ec'],
  [{ minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }, 'ec'],
  [{ minVersion: 'TLSv1', ciphers: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0' }, 'ec'],
  [{ ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }, 'ec'],
  [{ ciphers: 'eNULL:@SECLEVEL=0', maxVersion: 'TLSv1.2' }, 'ec'],
  [{ ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES256-SHA' }, 'ec'],
  [{}, 'rsa'],
  [{ minVersion: 'TLSv1', ciphers: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0' }, 'rsa'],
  [{ ciphers: 'kRSA:@SECLEVEL=0', maxVersion: 'TLSv1.2' }, 'rsa'],
  [{ ciphers: 'ECDHE-RSA-AES256-SHA384:AES128-SHA', maxVersion: 'TLSv1.2' }, 'rsa'],
]

for (const [options, kind] of ofNode) {
  test(`scan: Node.js, ${kind}, ${JSON.stringify(options)}`, async () => {
    const { certificatePem: cert, keyPem: key } = kind === 'ec' ? testCertificate : rsa
    const server = createServer({ cert, key, ...options }, (socket) => socket.end())
    server.on('tlsClientError', () => undefined)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      await compare((server.address() as AddressInfo).port)
    } finally {
      server.close()
    }
  })
}

const ofOpenSsl: readonly (readonly [kind: 'ec' | 'rsa', args: readonly string[]])[] = [
  ['rsa', ['-cipher', 'ALL:@SECLEVEL=0', '-tls1_2']],
  ['ec', ['-cipher', 'ECDHE+AESGCM', '-ciphersuites', 'TLS_AES_256_GCM_SHA384']],
  ['rsa', ['-cipher', 'CAMELLIA:ARIA:@SECLEVEL=0', '-no_tls1_3']],
]

for (const [kind, args] of ofOpenSsl) {
  test(`scan: Debian’s openssl s_server, ${kind}, ${args.join(' ')}`, async () => {
    const port = await freePort()
    const files = ['-cert', join(folder, `${kind}.pem`), '-key', join(folder, `${kind}.key`)]
    const where = ['-accept', `127.0.0.1:${port}`, '-quiet', '-www']
    const child = spawn('openssl', ['s_server', ...where, ...files, ...args], { stdio: 'ignore' })
    try {
      await listening(port)
      await compare(port)
    } finally {
      child.kill()
      await once(child, 'exit')
    }
  })
}

const ofNginx: readonly (readonly [kind: 'ec' | 'rsa', lines: string])[] = [
  ['ec', 'ssl_protocols TLSv1.2 TLSv1.3;'],
  ['rsa', 'ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers HIGH:!aNULL:@SECLEVEL=0;'],
]

for (const [kind, lines] of ofNginx) {
  test(`scan: Debian’s nginx, ${kind}, ${lines}`, async () => {
    const port = await freePort()
    const config = join(folder, `nginx-${port}.conf`)
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${folder}/${name};`)
      .join(' ')
    const pem = join(folder, kind)
    const files = `ssl_certificate ${pem}.pem; ssl_certificate_key ${pem}.key;`
    await writeFile(
      config,
      `daemon off; pid ${folder}/${port}.pid; error_log ${folder}/error.log; worker_processes 1;
events {} http { access_log off; ${temporary}
server { listen 127.0.0.1:${port} ssl; ${files} ${lines} } }`,
    )
    const child = spawn('/usr/sbin/nginx', ['-c', config], { stdio: 'ignore' })
    try {
      await listening(port)
      await compare(port)
    } finally {
      child.kill()
      await once(child, 'exit')
    }
  })
}

test('scan: how many servers these are', (t) => {
  const count = ofNode.length + ofOpenSsl.length + ofNginx.length
  t.diagnostic(`${count} servers`)
  assert(count >= 15)
})
