/** The SFTP store against Debian's OpenSSH server: the conformance suite, and faults. */
import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startSshd, type TestSshd } from '#kit/sshd.ts'
import { objectStoreConformance } from '../../../test/conformance/object-store.ts'
import { SftpStore } from './sftp-store.ts'

let server: TestSshd
let made = 0

before(async () => {
  server = await startSshd()
})

after(() => server[Symbol.asyncDispose]())

function makeStore(more: Partial<TestSshd['login']> = {}): SftpStore {
  return new SftpStore({ ...server.login, ...more }, join(server.folder, `region-${++made}`, 'x'))
}

objectStoreConformance('sftp store', () => Promise.resolve(makeStore()))

const bytes = new TextEncoder().encode('object')

test('sftp store: a server with another host key is not spoken to', async () => {
  const other = 'SHA256:' + Buffer.alloc(32).toString('base64').replace('=', '')
  await using store = makeStore({ hostKey: other })
  await assert.rejects(store.put('a', bytes), { code: 'STORE_FAILED' })
})

test('sftp store: a wrong key or user is a fault, not a missing object', async () => {
  await using store = makeStore({ user: 'nobody-here' })
  await assert.rejects(store.get('a'), { code: 'STORE_FAILED' })
  await assert.rejects(store.head('a'), { code: 'STORE_FAILED' })
})

test('sftp store: a server that falls silent is a fault, in bounded time', async () => {
  await using store = makeStore({ timeoutMs: 500 })
  await store.put('a', bytes)
  server.freeze()
  await assert.rejects(store.get('a'), { code: 'STORE_FAILED' })
  server.thaw()
  assert.deepEqual(Buffer.from(await store.get('a')), Buffer.from(bytes))
})

test('sftp store: a server that dies is a fault, and its objects outlive it', async () => {
  await using store = makeStore()
  await store.put('a', bytes)
  await server.kill()
  await assert.rejects(store.put('b', bytes), { code: 'STORE_FAILED' })
  await server.start()
  await store.put('b', bytes)
  assert.deepEqual(Buffer.from(await store.get('a')), Buffer.from(bytes))
})

test('sftp store: what a broken write leaves is never listed', async () => {
  await using store = makeStore()
  await store.put('a/b', bytes)
  const folder = join(server.folder, `region-${made}`, 'x', 'a')
  assert.deepEqual(await readdir(folder), ['b'])
  await writeFile(join(folder, 'c.0123.tmp'), 'half')
  const names: string[] = []
  for await (const { name } of store.list('')) names.push(name)
  assert.deepEqual(names, ['a/b'])
})
