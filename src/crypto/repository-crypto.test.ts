/**
 * The repository's cryptography against vectors of another implementation, and its laws.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { hex, readVectors, toHex, type Vector } from '#kit/vectors.ts'
import { identityFromSeed, trustTag, unwrapKey, wrapKey } from './key-wrap.ts'
import { printKey, readPrintedKey } from './printed-key.ts'
import { ChunkOpener, ChunkSealer, objectKey, parseChunkHead } from './sealed-chunks.ts'
import { signBytes, signingKeyFromSeed, verifierFor } from './signing-key.ts'

const vectors = new Map(
  readVectors(new URL('testdata/repository.vectors', import.meta.url)).map((v) => [v.case, v]),
)

function vector(name: string): (key: string) => string {
  const found: Vector = vectors.get(name)!
  return (key) => found[key] ?? assert.fail(`${name} has no ${key}`)
}

test('identity: the same from a seed as elsewhere', () => {
  const of = vector('identity')
  const identity = identityFromSeed(hex(of('seed')))
  assert.equal(toHex(identity.publicKey), of('public'))
  assert.equal(toHex(identity.recipientId), of('recipient'))
  assert.equal(toHex(identity.trustKey), of('trust'))
  assert.equal(toHex(trustTag(identity.trustKey, hex(of('fields')))), of('tag'))
})

test('key wrap: the same bytes as elsewhere, and only its recipient opens it', () => {
  const of = vector('wrapped key')
  const identity = identityFromSeed(hex(of('seed')))
  const binding = hex(of('binding'))
  const wrapped = wrapKey(hex(of('key')), identity.publicKey, hex(of('ephemeral')), binding)
  assert.equal(toHex(wrapped.ephemeralKey), of('ephemeralKey'))
  assert.equal(toHex(wrapped.wrapped), of('wrapped'))
  assert.equal(toHex(unwrapKey(wrapped, identity, binding)), of('key'))
  const other = identityFromSeed(new Uint8Array(32).fill(9))
  assert.throws(() => unwrapKey(wrapped, other, binding), { code: 'KEY_DAMAGED' })
  assert.throws(() => unwrapKey(wrapped, identity, hex('00')), { code: 'KEY_DAMAGED' })
})

test('key wrap: a flipped bit anywhere, or a key of small order, opens nothing', () => {
  const of = vector('wrapped key')
  const identity = identityFromSeed(hex(of('seed')))
  const binding = hex(of('binding'))
  const wrapped = wrapKey(hex(of('key')), identity.publicKey, hex(of('ephemeral')), binding)
  for (let bit = 0; bit < 48 * 8; bit++) {
    const bytes = wrapped.wrapped.slice()
    bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7))
    const broken = { ...wrapped, wrapped: bytes }
    assert.throws(() => unwrapKey(broken, identity, binding), { code: 'KEY_DAMAGED' })
  }
  const zero = { ...wrapped, ephemeralKey: new Uint8Array(32) }
  assert.throws(() => unwrapKey(zero, identity, binding), { code: 'KEY_DAMAGED' })
})

const of = vector('sealed chunks')
const key = objectKey(hex(of('key')), hex(of('salt')))
const context = {
  repositoryId: hex(of('repository')),
  systemIdentifier: BigInt(`0x${of('system')}`),
  name: of('name'),
  prefix: hex(of('prefix')),
}

function sealedPair(): Uint8Array[] {
  const sealer = new ChunkSealer(key, context)
  const first = sealer.seal(hex(of('first')), { compressed: true, last: false })
  return [first, sealer.seal(hex(of('last')), { compressed: false, last: true })]
}

test('sealed chunks: the same bytes as elsewhere', () => {
  assert.deepEqual(sealedPair().map(toHex), [of('sealedFirst'), of('sealedLast')])
  const empty = new ChunkSealer(key, context)
  const sealed = empty.seal(new Uint8Array(0), { compressed: false, last: true })
  assert.equal(toHex(sealed), of('sealedEmpty'))
  assert.throws(() => empty.seal(sealed, { compressed: false, last: true }), /last chunk/)
})

test('sealed chunks: opened, each is what it was; its head says what it is', () => {
  const opener = new ChunkOpener(key, context)
  const [first, last] = sealedPair() as [Uint8Array, Uint8Array]
  assert.equal(toHex(opener.open(1n, last)), of('last'))
  assert.equal(toHex(opener.open(0n, first)), of('first'))
  assert.deepEqual(parseChunkHead(first), { last: false, compressed: true, length: 21 })
  assert.deepEqual(parseChunkHead(last), { last: true, compressed: false, length: 24 })
})

test('sealed chunks: changed, moved, or of another object, repository or cluster: refused', () => {
  const opener = new ChunkOpener(key, context)
  const [first, last] = sealedPair() as [Uint8Array, Uint8Array]
  const refuses = (act: () => unknown): void => assert.throws(act, { code: 'OBJECT_DAMAGED' })
  refuses(() => opener.open(1n, first))
  refuses(() => opener.open(0n, last))
  for (let bit = 0; bit < first.length * 8; bit++) {
    const bytes = first.slice()
    bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7))
    refuses(() => opener.open(0n, bytes))
  }
  for (const change of [
    { repositoryId: new Uint8Array(16) },
    { systemIdentifier: 1n },
    { name: 'backups/x/pack-00000001' },
    { prefix: hex('00') },
  ]) {
    refuses(() => new ChunkOpener(key, { ...context, ...change }).open(0n, first))
  }
  refuses(() => new ChunkOpener(new Uint8Array(32), context).open(0n, first))
})

test('printed keys: the same as elsewhere; case, spaces and look-alikes do not matter', () => {
  const printed = vector('printed keys')
  const seed = hex(printed('seed'))
  const text = printed('recovery')
  assert.equal(printKey('VEILIG-RECOVERY-1', seed), text)
  assert.equal(printKey('VEILIG-VERIFIER-1', seed), printed('verifier'))
  const sloppy = text
    .toLowerCase()
    .replaceAll('-', ' ')
    .replace('veilig recovery 1', 'veilig-recovery-1')
  assert.deepEqual(readPrintedKey('VEILIG-RECOVERY-1', ` ${sloppy} \n`), seed)
  const [, symbols = ''] = text.split(' ')
  const alike = `VEILIG-RECOVERY-1 ${symbols.replaceAll('0', 'o').replaceAll('1', 'l')}`
  assert.deepEqual(readPrintedKey('VEILIG-RECOVERY-1', alike), seed)
})

test('printed keys: a slip of one symbol, or two swapped, is always caught', () => {
  const random = mulberry32(7)
  const seed = Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256))
  const text = printKey('VEILIG-RECOVERY-1', seed)
  const start = 'VEILIG-RECOVERY-1 '.length
  for (let at = start; at < text.length; at++) {
    if (text[at] === '-') continue
    const slip = text[at] === 'Z' ? 'Y' : 'Z'
    const wrong = text.slice(0, at) + slip + text.slice(at + 1)
    assert.throws(() => readPrintedKey('VEILIG-RECOVERY-1', wrong), { code: 'KEY_NOT_READABLE' })
    const next = text[at + 1]
    if (next === undefined || next === '-' || next === text[at]) continue
    const swapped = `${text.slice(0, at)}${next}${text[at]}${text.slice(at + 2)}`
    assert.throws(() => readPrintedKey('VEILIG-RECOVERY-1', swapped), { code: 'KEY_NOT_READABLE' })
  }
  assert.throws(() => readPrintedKey('VEILIG-VERIFIER-1', text), /verifier/)
})

test('signing key: the same as elsewhere', () => {
  const signing = vector('signing key')
  const signingKey = signingKeyFromSeed(hex(signing('seed')))
  assert.equal(toHex(signingKey.publicKey), signing('public'))
  const signature = signBytes(signingKey, hex(signing('message')))
  assert.equal(toHex(signature), signing('signature'))
  const verify = verifierFor(signingKey.publicKey)
  assert(verify(hex(signing('message')), signature))
  assert(!verify(hex('00'), signature))
})
