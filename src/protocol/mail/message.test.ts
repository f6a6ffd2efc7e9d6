/** Cutting a message and putting it together changes no byte. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerField, messageBytes, parseMessage, withoutFields } from './message.ts'

const whole = [
  'From: a@x.example\r\nSubject: b\r\n\tc\r\n\r\nbody\r\n',
  'From: a@x.example\r\n\r\n',
  'From: a@x.example\r\n\r\n\r\n\r\nlate',
  'X-Empty:\r\nX-Two: 1\r\nX-Two: 2\r\n\r\n',
]
for (const text of whole) {
  test(`message: ${JSON.stringify(text)} stays as it is`, () => {
    assert.equal(Buffer.from(messageBytes(parseMessage(Buffer.from(text)))).toString(), text)
  })
}

test('message: a folded value is unfolded to read, and kept folded to send', () => {
  const message = parseMessage(Buffer.from('Subject: a\r\n b\r\n\r\n'))
  assert.equal(message.fields[0]?.value, 'a b')
  assert.equal(message.fields[0]?.raw, 'Subject: a\r\n b\r\n')
})

test('message: fields are removed by name, the others keep their order', () => {
  const message = parseMessage(Buffer.from('A: 1\r\nB: 2\r\na: 3\r\nC: 4\r\n\r\n'))
  const left = withoutFields(message, new Set(['a'])).fields.map(({ name }) => name)
  assert.deepEqual(left, ['B', 'C'])
})

test('message: no field of ours can break a header', () => {
  for (const value of ['a\r\nBcc: b', 'a\nb', 'a\rb', 'a\0b', '\u00e9', 'a\r\n \r\n b']) {
    assert.throws(() => headerField('Subject', value), { code: 'MAIL_HEADER_INVALID' })
  }
  assert.throws(() => headerField('Sub ject', 'a'), { code: 'MAIL_HEADER_INVALID' })
  assert.equal(headerField('A', 'b;\r\n c').raw, 'A: b;\r\n c\r\n')
})
