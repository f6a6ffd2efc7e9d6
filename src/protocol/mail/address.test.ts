/** Addresses: one person behind every spelling, one author in From. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorOf, parseAddress, victimOf } from './address.ts'

const people: Readonly<Record<string, readonly string[]>> = {
  'jan@gmail.com': [
    'Jan@gmail.com',
    'j.a.n@GMAIL.com',
    'jan+a+b@googlemail.com',
    '"j.an"@gmail.com',
  ],
  'jan.p@club.example': ['JAN.P@club.example', 'jan.p+x@Club.Example.', '"jan.p"@club.example'],
  'jan@yahoo.com': ['jan-shop@yahoo.com', 'jan+x@yahoo.com'],
  'jan-piet@club.example': ['jan-piet@club.example'],
  'jan@xn--mnchen-3ya.de': ['jan@m\u00fcnchen.de', 'jan@M\u00dcNCHEN.de', 'jan@xn--mnchen-3ya.de'],
  '+jan@club.example': ['+jan@club.example'],
}
for (const [person, spellings] of Object.entries(people)) {
  test(`address: every spelling of ${person} is one person`, () => {
    for (const spelling of spellings) {
      assert.equal(victimOf(parseAddress(spelling)), person, spelling)
    }
  })
}

const none = [
  '',
  'jan',
  '@x.nl',
  'jan@',
  'a b@x.nl',
  'jan@x nl',
  'jan@x.nl>',
  '<jan@x.nl>',
  'a@b@c.nl',
]
const odd = ['jan@-x.nl', 'jan@x..nl', 'jan@127.0.0.1', 'jan@[1.2.3.4]', 'jan@x.nl\r\n', 'a,b@x.nl']
for (const text of [...none, ...odd, `${'a'.repeat(65)}@x.nl`, `a@${'b.'.repeat(130)}nl`]) {
  test(`address: ${JSON.stringify(text.slice(0, 30))} is none`, () => {
    assert.throws(() => parseAddress(text), { code: 'MAIL_ADDRESS_INVALID' })
  })
}

test('address: the one author of a From field', () => {
  const fine = ['jan@x.nl', 'Jan <jan@x.nl>', '"Jan, P. <a@b.nl>" <jan@x.nl>', '<jan@x.nl>']
  for (const from of fine) assert.deepEqual(authorOf(from), { local: 'jan', domain: 'x.nl' }, from)
  const refused = ['a@x.nl, b@y.nl', 'Jan <a@x.nl> <b@y.nl>', 'group: a@x.nl;', '(c) a@x.nl', 'Jan']
  for (const from of refused) {
    assert.throws(() => authorOf(from), { code: 'MAIL_ADDRESS_INVALID' }, from)
  }
})
