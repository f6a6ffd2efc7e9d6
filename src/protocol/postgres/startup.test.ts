/** Vectors for the first packet, each replayed at every length of what has arrived. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { hex, readVectors, toHex } from '#kit/vectors.ts'
import { ProtocolError } from '#lib/errors.ts'
import { readStartup, type StartupPacket } from './startup.ts'

const CODES = new Set(['PG_LENGTH_INVALID', 'PG_LENGTH_TOO_LARGE', 'PG_STARTUP_INVALID'])

for (const vector of readVectors(new URL('testdata/startup.vectors', import.meta.url))) {
  test(`startup: ${vector.case}`, () => {
    const bytes = hex(vector['bytes'] ?? '')
    const final = read(bytes)
    assert.equal(final.packet, vector['packet'] ?? '')
    assert.equal(final.code, vector['code'] ?? '')
    assert.equal(final.rest, (vector['rest'] ?? '').replaceAll(' ', ''))
    // A prefix says the same, or nothing yet.
    for (let size = 0; size < bytes.length; size++) {
      const early = read(bytes.subarray(0, size))
      if (early.packet + early.code !== '') assert.deepEqual(early.packet, final.packet)
    }
  })
}

test('startup: random bytes give declared codes only', () => {
  const random = mulberry32(3)
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from({ length: 24 }, () => Math.floor(random() * 256))
    bytes.set([0, 0, 0, 8 + Math.floor(random() * 16)])
    if (random() < 0.7) bytes.set([0, 3, 0, Math.floor(random() * 4)], 4)
    const { code } = read(bytes)
    if (code !== '') assert(CODES.has(code), code)
  }
})

function read(bytes: Uint8Array): { packet: string; code: string; rest: string } {
  try {
    const found = readStartup(bytes)
    if (!found) return { packet: '', code: '', rest: '' }
    return { packet: show(found.packet), code: '', rest: toHex(bytes.subarray(found.size)) }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { packet: '', code: error.code, rest: '' }
  }
}

function show(packet: StartupPacket): string {
  switch (packet.kind) {
    case 'cancel':
      return `cancel ${packet.pid} ${toHex(packet.key)}`
    case 'unsupported':
      return `unsupported ${packet.version}`
    case 'startup': {
      const parameters = Array.from(packet.parameters, ([name, value]) => ` ${name}=${value}`)
      const options = packet.options.map((name) => ` options=${name}`)
      return `startup 3.${packet.minor}${parameters.join('')}${options.join('')}`
    }
    case 'ssl-request':
    case 'gss-request':
    case 'direct-tls':
      return packet.kind
  }
}
