/** The signer: the RFC's own examples, and a foreign verifier on messages nobody thought of. */
import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { dkimVerify } from 'mailauth'
import { mulberry32 } from '#kit/random.ts'
import { dkimRecord } from '../dns/mail-records.ts'
import { dkimFields, relaxedBody, relaxedField, type DkimKey } from './dkim.ts'
import { messageBytes, parseMessage } from './message.ts'

const keys: readonly DkimKey[] = [
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  generateKeyPairSync('ed25519').privateKey,
].map((privateKey, at) => ({ domain: 'club.example', selector: `s${at}`, privateKey }))

async function resolver(name: string): Promise<string[][]> {
  const key = keys.find(({ selector }) => name === `${selector}._domainkey.club.example`)
  if (key) return [[dkimRecord(createPublicKey(key.privateKey))]]
  throw Object.assign(new Error(name), { code: 'ENOTFOUND' })
}

test('dkim: header and body are canonical as in RFC 6376 §3.4.5', () => {
  assert.equal(relaxedField('A', ' X\r\n'), 'a:X\r\n')
  assert.equal(relaxedField('B', ' Y\t\r\n\tZ  \r\n'), 'b:Y Z\r\n')
  const body = relaxedBody(Buffer.from(' C \r\nD \t E\r\n\r\n\r\n'))
  assert.equal(body.toString(), ' C\r\nD E\r\n')
  assert.equal(relaxedBody(Buffer.from('')).length, 0, '§3.4.4: an empty body stays empty')
  assert.equal(relaxedBody(Buffer.from('\r\n\r\n')).length, 0)
  assert.equal(relaxedBody(Buffer.from('a')).toString(), 'a\r\n')
})

test('dkim: a foreign verifier accepts what we sign, whatever blanks it holds', async () => {
  const random = mulberry32(6376)
  const pieces = [' ', '  ', '\t', '\r\n', '\r\n\r\n', '.', 'a', 'b c', '=20', '\u00e9', '\r\n ']
  for (let round = 0; round < 40; round++) {
    const size = Math.floor(random() * 30)
    const text = Array.from({ length: size }, () => pieces[Math.floor(random() * pieces.length)])
    const folded = round % 3 === 0 ? 'Subject: a\r\n\t b \r\n  c\r\n' : 'Subject:   x \r\n'
    const header = `From: a@club.example\r\n${folded}To: b@x.example\r\n`
    const message = parseMessage(Buffer.from(`${header}\r\n${text.join('')}`))
    const fields = dkimFields(message, keys, 1_700_000_000)
    const bytes = messageBytes({ fields: [...fields, ...message.fields], body: message.body })
    const { results } = await dkimVerify(Buffer.from(bytes), { resolver, strict: true })
    const verdicts = results.map(({ status }) => status.result)
    assert.deepEqual(verdicts, ['pass', 'pass'], JSON.stringify(text))
  }
})
