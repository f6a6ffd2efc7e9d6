/** Hellos byte by byte, answers at every cut, and what suites promise. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex, toHex } from '#kit/vectors.ts'
import { encodeClientHello, encodeSslTwoHello, isSslTwoHello, versions } from './hello.ts'
import { readFlight } from './server-flight.ts'
import { suiteOf, suites } from './suites.ts'

const random = new Uint8Array(32).fill(0xaa)

test('hello: SSL 3 has no extensions (RFC 6101 §5.6.1.2)', () => {
  const hello = encodeClientHello({ version: versions.ssl3, suites: [0x000a, 0x0005], random })
  const expected =
    '160300002f' + '0100002b' + '0300' + 'aa'.repeat(32) + '00' + '0004000a0005' + '0100'
  assert.equal(toHex(hello), expected)
})

test('hello: TLS 1.3 offers its version and no key (RFC 8446 §4.1.2)', () => {
  const offer = { version: versions.tls13, suites: [0x1301], groups: [29], random }
  const text = toHex(encodeClientHello({ ...offer, serverName: 'a.example' }))
  assert(text.startsWith('160301'), 'records bear TLS 1.0')
  assert(text.includes(`0303${'aa'.repeat(32)}0000021301`), 'the old field says TLS 1.2')
  assert(text.includes('0000000e000c000009612e6578616d706c65'), 'the name')
  assert(text.includes('000a00040002001d'), 'one group')
  assert(text.includes('002b0003020304' + '003300020000'), 'version; no key share')
})

test('hello: SSL 2 and its answer', () => {
  const hello = encodeSslTwoHello(random.subarray(0, 16))
  assert(toHex(hello).startsWith('802e' + '010002' + '0015' + '0000' + '0010'))
  assert(isSslTwoHello(hex('801a0400010002000000030010')))
  assert(!isSslTwoHello(hex('15030000020228')))
})

/** TLS 1.2, ECDHE on secp256r1: hello, key exchange and end in one record. */
const hello12 = `0303${'bb'.repeat(32)}00c02f00` + '0005' + 'ff01000100'
const message = (type: string, body: string): string =>
  type + (body.length / 2).toString(16).padStart(6, '0') + body
const flight =
  message('02', hello12) + message('0c', '03001741' + '04'.repeat(65)) + message('0e', '')
const record = `160303${(flight.length / 2).toString(16).padStart(4, '0')}${flight}`

test('flight: read at every cut, and complete only at its end', () => {
  const bytes = hex(record)
  for (let cut = 0; cut < bytes.length; cut++) {
    const part = readFlight(bytes.subarray(0, cut))
    assert.equal(part.complete, false)
    assert.equal(part.sane, true)
  }
  const { hello, complete } = readFlight(bytes)
  assert.equal(complete, true)
  assert.deepEqual([hello?.version, hello?.suite, hello?.group], [0x0303, 0xc02f, 23])
  assert(hello?.extensions.has(0xff01))
})

test('flight: an alert ends it, and what is no TLS is not sane', () => {
  assert.deepEqual(readFlight(hex('15030300020256')).alert, 86)
  assert.equal(readFlight(Buffer.from('HTTP/1.1 400')).sane, false)
  assert.equal(readFlight(hex('160303ffff')).sane, false)
  const bytes = hex(record)
  for (let at = 0; at < bytes.length; at++) {
    for (const value of [0, 0x80, 0xff]) {
      const broken = Uint8Array.from(bytes)
      broken[at] = value
      assert.doesNotThrow(() => readFlight(broken), `byte ${at}`)
    }
  }
})

test('suites: each has a strength, and what is weak is known by its name', () => {
  const of = (number: number): string => {
    const { name, keyExchange, mode, bits, forwardSecret } = suiteOf(number)
    return `${name} ${keyExchange} ${mode} ${bits} ${forwardSecret ? 'fs' : '-'}`
  }
  assert.equal(of(0x1303), 'TLS_CHACHA20_POLY1305_SHA256 tls13 aead 256 fs')
  assert.equal(of(0xc02f), 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 ecdhe aead 128 fs')
  assert.equal(of(0x000a), 'TLS_RSA_WITH_3DES_EDE_CBC_SHA rsa cbc 112 -')
  assert.equal(of(0x0003), 'TLS_RSA_EXPORT_WITH_RC4_40_MD5 rsa stream 40 -')
  assert.equal(of(0x0062), 'TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA rsa cbc 56 -')
  assert.equal(of(0x003b), 'TLS_RSA_WITH_NULL_SHA256 rsa null 0 -')
  assert.equal(of(0xc018), 'TLS_ECDH_anon_WITH_AES_128_CBC_SHA ecdhe cbc 128 fs')
  assert.equal(of(0xc0b4), 'TLS_SHA256_SHA256 tls13 null 0 fs')
  assert(suiteOf(0xc018).anonymous && suiteOf(0x0003).export)
  assert.equal(suiteOf(0x000a).blockBits, 64)
  assert(suites.size > 330)
  for (const suite of suites.values()) assert((suite.bits === 0) === (suite.mode === 'null'))
})
