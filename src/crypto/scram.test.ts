/** The SCRAM client against the published exchange, and against servers that lie. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScramClient } from './scram.ts'

const SERVER_FIRST =
  'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'

test('scram: the exchange of RFC 7677, section 3', () => {
  const client = pencil()
  assert.equal(client.first(), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
  assert.equal(
    client.final(SERVER_FIRST),
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
      'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  )
  client.verify('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
})

test('scram: a server that does not know the password is found out', () => {
  const client = pencil()
  client.final(SERVER_FIRST)
  const forged = `v=${Buffer.alloc(32).toString('base64')}`
  assert.throws(() => client.verify(forged), { code: 'SCRAM_SERVER_UNPROVEN' })
  assert.throws(() => client.verify('v='), { code: 'SCRAM_MALFORMED' })
  assert.throws(() => pencil().verify(forged), { code: 'SCRAM_MALFORMED' }, 'before the proof')
})

test('scram: a server-first message must extend our nonce and ask for a sane cost', () => {
  const salt = 's=W22ZaJ0SNY7soEsUEjb6gQ=='
  for (const message of [
    '',
    `r=other,${salt},i=4096`,
    `r=rOprNGfwEbeRWgbNEkqO,${salt},i=4096`,
    `r=rOprNGfwEbeRWgbNEkqOx,${salt},i=1`,
    `r=rOprNGfwEbeRWgbNEkqOx,${salt},i=999999999`,
    `r=rOprNGfwEbeRWgbNEkqOx,${salt},i=4096`.repeat(100),
    `m=ext,r=rOprNGfwEbeRWgbNEkqOx,${salt},i=4096`,
  ]) {
    assert.throws(() => pencil().final(message), { code: 'SCRAM_MALFORMED' }, message)
  }
})

function pencil(): ScramClient {
  return new ScramClient({ user: 'user', password: 'pencil', nonce: 'rOprNGfwEbeRWgbNEkqO' })
}
