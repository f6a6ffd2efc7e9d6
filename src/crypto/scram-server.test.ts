/** The SCRAM server against the published exchange, our own client, and clients that lie. */
import assert from 'node:assert/strict'
import { hash, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { createLocalAuthority } from '#system/local-ca/authority.ts'
import { DeniedError, ProtocolError } from '#lib/errors.ts'
import { endPointBinding } from './channel-binding.ts'
import { ScramClient } from './scram.ts'
import {
  mockScramVerifier,
  readScramVerifier,
  ScramServer,
  SCRAM,
  SCRAM_PLUS,
} from './scram-server.ts'
import { scramVerifier } from './scram-verifier.ts'

const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
const verifier = readScramVerifier(scramVerifier('pencil', salt))
assert(verifier)
const binding = hash('sha256', 'a certificate', 'buffer')

const server = (bound?: Uint8Array): ScramServer =>
  new ScramServer({ verifier, nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0', binding: bound })

test('scram server: the exchange of RFC 7677, section 3', () => {
  const one = server()
  assert.equal(
    one.first(SCRAM, 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO'),
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  )
  const { serverFinal } = one.final(
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
      'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  )
  assert.equal(serverFinal, 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
})

test('scram server: the keys of one proof are a proof to whoever keeps the same verifier', () => {
  const client = new ScramClient({ password: 'pencil', nonce: 'a'.repeat(24), binding })
  const gate = server(binding)
  const { keys, serverFinal } = gate.final(client.final(gate.first(SCRAM_PLUS, client.first())))
  client.verify(serverFinal)
  const second = new ScramClient({ password: keys, nonce: 'b'.repeat(24) })
  const behind = server()
  second.verify(behind.final(second.final(behind.first(SCRAM, second.first()))).serverFinal)
  const other = new ScramClient({ password: keys, nonce: 'b'.repeat(24) })
  const changed = `r=${'b'.repeat(24)}x,s=${Buffer.alloc(16).toString('base64')},i=4096`
  assert.throws(() => other.final(changed), { code: 'SCRAM_KEYS_STALE' })
})

test('scram server: a proof bound to another certificate, or unbound needlessly, fails', () => {
  const elsewhere = hash('sha256', 'another certificate', 'buffer')
  const client = new ScramClient({ password: 'pencil', nonce: 'a'.repeat(24), binding: elsewhere })
  const gate = server(binding)
  const final = client.final(gate.first(SCRAM_PLUS, client.first()))
  assert.throws(() => gate.final(final), { code: 'SCRAM_BINDING_REFUSED' })
  assert.throws(() => server(binding).first(SCRAM, 'y,,n=,r=aa'), { code: 'SCRAM_BINDING_REFUSED' })
  assert.doesNotThrow(() => server(binding).first(SCRAM, 'n,,n=,r=aa'))
  assert.doesNotThrow(() => server().first(SCRAM, 'y,,n=,r=aa'))
})

test('scram server: nothing proves a verifier that was made up, and it is always the same', () => {
  const mock = mockScramVerifier(Buffer.alloc(32, 7), 'nobody')
  assert.deepEqual(mock, mockScramVerifier(Buffer.alloc(32, 7), 'nobody'))
  const client = new ScramClient({ password: 'pencil', nonce: 'a'.repeat(24) })
  const gate = new ScramServer({ verifier: mock, nonce: 'c'.repeat(24), binding: undefined })
  const final = client.final(gate.first(SCRAM, client.first()))
  assert.throws(() => gate.final(final), { code: 'SCRAM_PROOF_WRONG' })
})

test('scram server: a wrong password, a nonce not ours and another identity prove nothing', () => {
  const said = (password: string, change = (final: string): string => final): void => {
    const client = new ScramClient({ password, nonce: 'a'.repeat(24) })
    const gate = server()
    gate.final(change(client.final(gate.first(SCRAM, client.first()))))
  }
  said('pencil')
  assert.throws(() => said('pencils'), { code: 'SCRAM_PROOF_WRONG' })
  const replaced = (final: string): string => final.replace(/,r=[^,]+/, `,r=${'a'.repeat(24)}`)
  assert.throws(() => said('pencil', replaced), { code: 'SCRAM_MALFORMED' })
  assert.throws(() => server().first(SCRAM, 'n,a=admin,n=,r=aa'), { code: 'SCRAM_MALFORMED' })
})

test('scram server: MD5 and rubbish are no verifier', () => {
  for (const text of ['', 'md5abc', 'SCRAM-SHA-256$0:a$b:c', 'SCRAM-SHA-256$4096:YQ==$YQ==:YQ=='])
    assert.equal(readScramVerifier(text), undefined)
})

test('scram server: any bytes give declared codes only, and no key', () => {
  const random = mulberry32(3)
  const parts = [
    'n,,',
    'p=tls-server-end-point,,',
    'y,,',
    'n=,',
    'r=',
    'aaaa',
    ',',
    '=',
    'a=b',
    '\0',
  ]
  const codes = new Set(['SCRAM_MALFORMED', 'SCRAM_BINDING_REFUSED', 'SCRAM_PROOF_WRONG'])
  const any = (): string =>
    Array.from({ length: 6 }, () => parts[Math.floor(random() * parts.length)] ?? '').join('')
  for (let round = 0; round < 5_000; round++) {
    const gate = server(round % 2 === 0 ? binding : undefined)
    try {
      gate.first(round % 3 === 0 ? SCRAM_PLUS : SCRAM, any())
      gate.final(`c=biws,r=${any()},p=${Buffer.from(any()).toString('base64')}`)
      assert.fail('a proof out of nothing')
    } catch (error) {
      assert(error instanceof ProtocolError || error instanceof DeniedError, String(error))
      assert(codes.has(error.code), error.code)
    }
  }
})

test('channel binding: the hash is that of the signature of the certificate', async () => {
  const { certificatePem } = await createLocalAuthority(Date.UTC(2026, 0, 1))
  const { raw } = new X509Certificate(certificatePem)
  assert.deepEqual(endPointBinding(certificatePem), hash('sha256', raw, 'buffer'))
})
