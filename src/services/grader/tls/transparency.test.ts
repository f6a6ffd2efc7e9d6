/** Timestamps by a log of our own: accepted when it signed this certificate, and only then. */
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import 'reflect-metadata'
import { Extension, X509CertificateGenerator, X509Certificate as Parsed } from '@peculiar/x509'
import { precertificateOf, signedData, timestampsOf } from '#protocol/tls/sct.ts'
import { checkTimestamps, readKnownLogs } from './transparency.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const nowMs = Date.now()
const log = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const logKey = log.publicKey.export({ type: 'spki', format: 'der' })
const logId = createHash('sha256').update(logKey).digest()
const list = JSON.stringify({
  operators: [{ name: 'A', logs: [{ description: 'A 2026', key: logKey.toString('base64') }] }],
})

type Made = { readonly certificate: X509Certificate; readonly issuer: X509Certificate }

/** A certificate with one timestamp by the log `id`. @param spoil Changes what that is shown. */
async function make(
  spoil: (data: Buffer) => Buffer = (data) => data,
  id: Buffer = logId,
): Promise<Made> {
  const dates = { notBefore: new Date(nowMs - 1e6), notAfter: new Date(nowMs + 1e9) }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const common = { serialNumber: '01', ...dates, signingAlgorithm: algorithm }
  const self = { ...common, name: 'CN=authority', keys }
  const authority = await X509CertificateGenerator.createSelfSigned(self)
  const leafKeys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const issue = (extensions: Extension[]): Promise<Parsed> =>
    X509CertificateGenerator.create({
      ...common,
      subject: 'CN=club.example',
      issuer: authority.subject,
      publicKey: leafKeys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new Extension('2.5.29.15', false, Buffer.from('03020780', 'hex')),
        ...extensions,
      ],
    })
  const issuer = new X509Certificate(Buffer.from(authority.rawData))
  const before = new X509Certificate(Buffer.from((await issue([])).rawData))
  const precertificate = precertificateOf(before.raw) ?? Buffer.alloc(0)
  const timestamp = { logId: '', atMs: nowMs, extensions: Buffer.alloc(0), hash: 4 }
  const key = createHash('sha256').update(issuer.publicKey.export({ type: 'spki', format: 'der' }))
  const data = signedData({ ...timestamp, signature: data0 }, key.digest(), precertificate)
  const signature = sign('sha256', spoil(data), log.privateKey)
  const head = Buffer.alloc(11)
  head.writeBigUInt64BE(BigInt(nowMs), 0)
  const algorithmAndSize = Buffer.from([4, 3, signature.length >> 8, signature.length & 255])
  const parts = [Buffer.from([0]), id, head.subarray(0, 10), algorithmAndSize, signature]
  const item = Buffer.concat(parts)
  const whole = item.length + 2
  const lengths = Buffer.from([whole >> 8, whole & 255, item.length >> 8, item.length & 255])
  const octets = Buffer.concat([lengths, item])
  const der = Buffer.concat([Buffer.from([4, 0x81, octets.length]), octets])
  const final = await issue([new Extension('1.3.6.1.4.1.11129.2.4.2', false, der)])
  return { certificate: new X509Certificate(Buffer.from(final.rawData)), issuer }
}

const data0 = Buffer.alloc(0)
const verdicts = ({ certificate, issuer }: Made, logs = list): string[] =>
  checkTimestamps(certificate, issuer, readKnownLogs(logs)).map(({ verdict }) => verdict)

test('transparency: a timestamp that the log signed for this certificate is valid', async () => {
  const made = await make()
  assert.deepEqual(verdicts(made), ['valid'])
  const [report] = checkTimestamps(made.certificate, made.issuer, readKnownLogs(list))
  assert.deepEqual([report?.operator, report?.log, report?.atMs], ['A', 'A 2026', nowMs])
})

test('transparency: for another, by a stranger or without issuer, it proves nothing', async () => {
  const flipped = await make((data) =>
    Buffer.from(data.map((byte, at) => (at === 60 ? ~byte : byte))),
  )
  assert.deepEqual(verdicts(flipped), ['invalid'])
  const made = await make()
  assert.deepEqual(verdicts(made, '{"operators":[]}'), ['unknown-log'])
  const logs = readKnownLogs(list)
  assert.equal(checkTimestamps(made.certificate, undefined, logs)[0]?.verdict, 'no-issuer')
  const other = await make()
  assert.equal(checkTimestamps(made.certificate, other.issuer, logs)[0]?.verdict, 'invalid')
  assert.deepEqual(checkTimestamps(made.issuer, made.issuer, logs), [])
  assert.throws(() => readKnownLogs('{}'), { code: 'CT_LOGS_UNREADABLE' })
})

test('transparency: a signature of another kind, or none, proves nothing', async () => {
  const { certificate, issuer } = await make()
  const logs = readKnownLogs(list)
  // Of the timestamp: hash and signature algorithm, then two bytes of length.
  const kindAt = certificate.raw.indexOf(logId) + 32 + 8 + 2
  for (const [at, value] of [
    [kindAt, 5], // SHA-384, though it was made over SHA-256
    [kindAt + 4, 0x31], // no DER sequence
  ] as const) {
    const spoiled = Buffer.from(certificate.raw)
    assert.notEqual(spoiled[at], value)
    spoiled[at] = value
    const [found] = checkTimestamps(new X509Certificate(spoiled), issuer, logs)
    assert.equal(found?.verdict, 'invalid')
  }
})

test('transparency: a log whose key cannot have signed it proves nothing', async () => {
  const { publicKey } = generateKeyPairSync('ed25519') // which no SHA-256 goes with
  const key = publicKey.export({ type: 'spki', format: 'der' })
  const id = createHash('sha256').update(key).digest()
  const log = { description: 'B', key: key.toString('base64') }
  const logs = JSON.stringify({ operators: [{ name: 'B', logs: [log] }] })
  assert.deepEqual(verdicts(await make(undefined, id), logs), ['invalid'])
})

test('transparency: a certificate cut or changed anywhere is read without harm', async () => {
  const { certificate } = await make()
  const whole = Buffer.from(certificate.raw)
  for (let at = 0; at < whole.length; at += 3) {
    assert.doesNotThrow(() => timestampsOf(whole.subarray(0, at)))
    const broken = Buffer.from(whole)
    broken[at] = (broken[at] ?? 0) ^ 0xff
    assert.doesNotThrow(() => [timestampsOf(broken), precertificateOf(broken)])
  }
})
