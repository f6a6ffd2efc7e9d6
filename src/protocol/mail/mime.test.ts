/** Text parts are found and changed, everything else keeps every byte. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageBytes, parseMessage } from './message.ts'
import { mapText, quoted } from './mime.ts'

const mixed = [
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="a+b(c)"',
  '',
  'preamble',
  '--a+b(c)',
  'Content-Type: multipart/alternative; boundary=in',
  '',
  '--in',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'caf=C3=A9',
  '--in',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: base64',
  '',
  'PHA+Y2Fmw6k8L3A+',
  '--in--',
  '--a+b(c)',
  'Content-Type: text/plain',
  'Content-Disposition: attachment; filename=a.txt',
  '',
  'attached',
  '--a+b(c)--',
  'epilogue',
  '',
].join('\r\n')

function map(text: string, change: (text: string) => string): string {
  const seen = mapText(parseMessage(Buffer.from(text, 'latin1')), (part) => change(part.text))
  return Buffer.from(messageBytes(seen)).toString('latin1')
}

test('mime: nothing changed means nothing changed, byte for byte', () => {
  assert.equal(
    map(mixed, (text) => text),
    mixed,
  )
  const cut = mixed.slice(0, mixed.indexOf('--in--'))
  assert.equal(
    map(cut, (text) => text),
    cut,
    'a message without its end',
  )
})

test('mime: both shown parts are read in their own encoding, the attachment is not', () => {
  const seen: string[] = []
  map(mixed, (text) => (seen.push(text.trim()), text))
  assert.deepEqual(seen, ['caf\u00e9', '<p>caf\u00e9</p>'])
})

test('mime: changed parts are encoded as before, and read back the same', () => {
  const changed = map(mixed, (text) => `${text} \u2013 x`)
  const seen: string[] = []
  assert.equal(
    map(changed, (text) => (seen.push(text.trim()), text)),
    changed,
  )
  assert.deepEqual(seen, ['caf\u00e9 \u2013 x', '<p>caf\u00e9</p> \u2013 x'])
  assert(changed.includes('\r\nattached\r\n--a+b(c)--\r\nepilogue\r\n'))
})

test('mime: text in seven bits that grows beyond them is encoded anew', () => {
  const plain = 'Content-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n'
  const changed = map(plain, (text) => `${text}\u00e9\r\n`)
  assert.match(changed, /Content-Transfer-Encoding: quoted-printable\r\n/)
  assert.match(changed, /\r\n\r\nhello\r\n=C3=A9\r\n$/)
})

test('mime: what somebody signed or encrypted is left alone', () => {
  const types = [
    'multipart/signed; boundary=in',
    'multipart/encrypted; boundary=in',
    'message/rfc822',
  ]
  for (const type of types) {
    const text = mixed.replace('multipart/alternative; boundary=in', type)
    assert.equal(
      map(text, () => 'changed'),
      text,
    )
  }
})

test('mime: nesting and parts have an end', () => {
  let deep = 'Content-Type: text/plain\r\n\r\nx'
  for (let level = 0; level < 12; level++) {
    const head = `Content-Type: multipart/mixed; boundary=b${level}`
    deep = `${head}\r\n\r\n--b${level}\r\n${deep}\r\n--b${level}--\r\n`
  }
  assert.throws(() => map(deep, (text) => text), { code: 'MAIL_MIME_INVALID' })
  const parts = '--b\r\n\r\nx\r\n'.repeat(200)
  const wide = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts}--b--`
  assert.throws(() => map(wide, (text) => text), { code: 'MAIL_MIME_INVALID' })
})

test('mime: quoted-printable keeps lines within 76, and never cuts an escape', () => {
  const text = quoted(Buffer.from(`${'\u00e9'.repeat(200)} \r\n${'a'.repeat(500)}=`)).toString()
  for (const line of text.split('\r\n')) {
    assert(line.length <= 76)
    assert.match(line, /^(?:=[0-9A-F]{2}|[^=])*=?$/)
  }
  assert.match(text, /=20\r\n/, 'a blank before the end of a line is written out')
})
