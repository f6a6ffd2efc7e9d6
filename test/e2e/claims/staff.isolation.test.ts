/** Claim staff.isolation: declared internal systems do not answer. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { measureClaim } from '#kit/claims.ts'
import { isolationProbe } from '#services/prober/probes/staff-isolation.ts'

test('staff.isolation: proven while none answers, false as soon as one does', async () => {
  const server = createServer((socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const open = await measureClaim('staff.isolation', isolationProbe([host]))
  assert.deepEqual([open.state, open.codes], ['failing', ['ISOLATION_HOST_ANSWERED']])
  server.close()
  await once(server, 'close')
  const closed = await measureClaim('staff.isolation', isolationProbe([host]))
  assert.deepEqual([closed.state, closed.codes], ['proven', ['ISOLATION_HOSTS_SILENT']])
})

test('staff.isolation: with none declared, nothing is claimed', async () => {
  const { state, codes } = await measureClaim('staff.isolation', isolationProbe([]))
  assert.deepEqual([state, codes], ['unproven', ['ISOLATION_NONE_DECLARED']])
})
