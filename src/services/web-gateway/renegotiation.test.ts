/** A client of TLS 1.2 may not ask for handshake after handshake on one connection. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { test } from 'node:test'
import { startGateway, testAuthority } from '#kit/web-gateway.ts'

test('renegotiation: a second handshake ends the connection', async () => {
  await using gateway = await startGateway({ localhost: { socketPath: '/nonexistent' } })
  const socket = connect({
    port: gateway.httpsPort,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: testAuthority,
    maxVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  })
  await once(socket, 'secureConnect')
  const closed = once(socket, 'close')
  socket.on('error', () => undefined)
  let again = false
  socket.renegotiate({ rejectUnauthorized: true }, (error) => (again = error === null))
  await closed
  assert.equal(again, false)
})
