/**
 * Memory stays flat under what is large and what is slow. The usual run is a slice; the whole is
 * VEILIG_FLOW_UPLOAD_MIB=5120 VEILIG_FLOW_CLIENTS=5000.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openSlowClients, startFlow, upload, type FlowGateway } from '#kit/flow.ts'

const UPLOAD_MIB = Number(process.env['VEILIG_FLOW_UPLOAD_MIB'] ?? '256')
const CLIENTS = Number(process.env['VEILIG_FLOW_CLIENTS'] ?? '300')
const MIB = 1024 * 1024
/** What a process may grow by, whatever passes through it. */
const GROWTH_MAX_MIB = 128
const CONNECTION_MAX_KIB = 80

let flow: FlowGateway
before(async () => (flow = await startFlow()))
after(() => flow[Symbol.asyncDispose]())

test(`flow: an upload of ${UPLOAD_MIB} MiB passes, and memory stays flat`, async (t) => {
  await uploadWhole(64) // what the process needs once
  const before = flow.residentMib()
  await uploadWhole(UPLOAD_MIB)
  const grown = flow.residentMib() - before
  t.diagnostic(`grown by ${Math.round(grown)} MiB`)
  assert(grown < GROWTH_MAX_MIB, `grown by ${grown} MiB`)
})

test(`flow: ${CLIENTS} clients that send a byte now and then cost little`, async (t) => {
  const before = flow.residentMib()
  const clients = await openSlowClients(flow.port, CLIENTS)
  const each = ((flow.residentMib() - before) * 1024) / CLIENTS
  t.diagnostic(`${Math.round(each)} KiB each`)
  assert(each < CONNECTION_MAX_KIB, `${each} KiB each`)
  assert.equal(await upload(flow.port, 1), 200, 'others are served meanwhile')
  for (const socket of clients) socket.destroy()
})

async function uploadWhole(mib: number): Promise<void> {
  const before = flow.received()
  assert.equal(await upload(flow.port, mib), 200)
  assert.equal(flow.received() - before, mib * MIB)
}
