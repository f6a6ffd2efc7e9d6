/** A file may come packed; what unpacks to more than was asked for does not come at all. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { testAuthority, testCertificate } from '#kit/web-gateway.ts'
import { fileFetcher } from './http-call.ts'

const KIB = 1024

test('file: packed or plain it comes whole; a bomb, a cut or large one is a fault', async () => {
  const small = Buffer.from('a tile of a log')
  const files = new Map([
    ['/plain', small],
    ['/packed', gzipSync(small)],
    ['/bomb', gzipSync(Buffer.alloc(1000 * KIB))],
    ['/cut', gzipSync(small).subarray(0, 20)],
    ['/large', Buffer.alloc(11 * KIB)],
  ])
  const { certificatePem: cert, keyPem: key } = testCertificate
  const server = createServer({ cert, key }, ({ url = '', headers }, response) => {
    assert.equal(headers['accept-encoding'], 'gzip, identity')
    const packed = url !== '/plain' && url !== '/large'
    if (packed) response.setHeader('content-encoding', 'gzip')
    response.end(files.get(url))
  })
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const origin = `https://localhost:${(server.address() as AddressInfo).port}`
    const fetch = fileFetcher(30_000, 10 * KIB, testAuthority)
    for (const path of ['/plain', '/packed']) {
      assert.deepEqual(await fetch(`${origin}${path}`), { status: 200, bytes: small })
    }
    for (const path of ['/bomb', '/cut', '/large']) {
      await assert.rejects(fetch(`${origin}${path}`), { code: 'HTTP_CALL_FAILED' }, path)
    }
    await assert.rejects(fileFetcher(30_000, KIB)(`${origin}/plain`), { code: 'HTTP_CALL_FAILED' })
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
