/** Each TLS policy, as clients of every age find it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect, type SecureVersion } from 'node:tls'
import { startGateway, testAuthority, type TestGateway } from '#kit/web-gateway.ts'

const versions: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

for (const [policy, spoken] of [
  ['modern', ['TLSv1.3']],
  ['intermediate', ['TLSv1.2', 'TLSv1.3']],
  ['legacy', versions],
] as const) {
  test(`tls policy: ${policy} speaks ${spoken.join(', ')}, and nothing else`, async () => {
    const upstream = { host: '127.0.0.1', port: 1 }
    await using gateway = await startGateway({ localhost: upstream }, { tls: { policy } })
    const accepted: string[] = []
    for (const version of versions) if (await speaks(gateway, version)) accepted.push(version)
    assert.deepEqual(accepted, spoken)
    assert.equal(await groupWith(gateway), 'X25519MLKEM768', 'safe from what records today')
  })
}

async function speaks({ httpsPort }: TestGateway, version: SecureVersion): Promise<boolean> {
  const socket = connect({
    port: httpsPort,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: testAuthority,
    minVersion: version,
    maxVersion: version,
    ciphers: 'DEFAULT:@SECLEVEL=0',
  })
  const found = await once(socket, 'secureConnect').then(
    () => socket.getProtocol() === version,
    () => false,
  )
  socket.destroy()
  return found
}

/** The key exchange that a client of today ends up with. */
async function groupWith({ httpsPort }: TestGateway): Promise<string | undefined> {
  const at = { port: httpsPort, host: '127.0.0.1', servername: 'localhost', ca: testAuthority }
  const socket = connect(at)
  await once(socket, 'secureConnect')
  const { name } = socket.getEphemeralKeyInfo() as { readonly name?: string }
  socket.destroy()
  return name
}

test('tls policy: a handshake is followed by one ticket, not by OpenSSL’s two', async () => {
  const upstream = { host: '127.0.0.1', port: 1 }
  await using gateway = await startGateway({ localhost: upstream })
  const at = { port: gateway.httpsPort, host: '127.0.0.1', servername: 'localhost' }
  const socket = connect({ ...at, ca: testAuthority })
  let tickets = 0
  socket.on('session', () => tickets++)
  await once(socket, 'secureConnect')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(socket, 'data') // an answer comes after all tickets
  socket.destroy()
  assert.equal(tickets, 1)
})
