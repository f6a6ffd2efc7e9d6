/** Where a webhook may go, and where never. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import { isOutside, isWebhookUrl, OutsideError, poster } from './outside.ts'

test('outside: what is not of the public internet is not the outside, in any spelling', () => {
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    'fe80::1',
    'fd00::1',
    'ff02::1',
    '2002:7f00:1::',
    '2001:db8::1',
    'localhost',
    '',
  ]) {
    assert(!isOutside(address), address)
  }
  for (const address of ['8.8.8.8', '172.32.0.1', '2606:4700:4700::1111', '100.128.0.1']) {
    assert(isOutside(address), address)
  }
})

test('outside: an address is https, without a password; within the house http will do', () => {
  assert(isWebhookUrl('https://door.example/hook?x=1', 'outside'))
  assert(isWebhookUrl('http://10.0.0.7:8080/', 'anywhere'))
  for (const text of ['http://door.example/', 'https://u:p@door.example/', 'ftp://x/', 'x', '']) {
    assert(!isWebhookUrl(text, 'outside'), text)
  }
  assert(!isWebhookUrl(`https://door.example/${'x'.repeat(500)}`, 'outside'))
})

test('outside: a name that leads inside gets no connection, however it is written', async () => {
  let reached = 0
  const server = createServer((_request, answer) => {
    reached++
    answer.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    const post = poster('outside')
    for (const host of ['localhost', '127.0.0.1', '2130706433', '0x7f.1', '[::1]', '127.1']) {
      await assert.rejects(post(`https://${host}:${port}/`, '{}', {}), {
        name: 'OutsideError',
        code: 'ADDRESS_INSIDE',
      })
    }
    await assert.rejects(post(`http://localhost:${port}/`, '{}', {}), { code: 'ADDRESS' })
    assert.equal(reached, 0)
    await poster('anywhere')(`http://127.0.0.1:${port}/`, '{}', {})
    assert.equal(reached, 1)
  } finally {
    server.close()
  }
})

test('outside: only the number of an answer counts; nobody is followed elsewhere', async () => {
  const server = createServer((request, answer) => {
    answer.statusCode = Number(request.url?.slice(1))
    answer.setHeader('location', '/200').end('secret words of the other side')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    const post = poster('anywhere')
    for (const status of [301, 307, 400, 410, 500]) {
      const failed = await post(`http://127.0.0.1:${port}/${status}`, '{}', {}).catch(
        (error: unknown) => error,
      )
      assert(failed instanceof OutsideError)
      assert.equal(failed.code, `HTTP_${status}`)
    }
    await post(`http://127.0.0.1:${port}/204`, '{}', {})
  } finally {
    server.close()
  }
  await assert.rejects(poster('anywhere')(`http://127.0.0.1:${port}/200`, '{}', {}), {
    code: 'ECONNREFUSED',
  })
})
