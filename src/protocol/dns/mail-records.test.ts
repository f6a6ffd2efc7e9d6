/** The records: what a registrar takes, and what a resolver gives back. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { mailRecords, mtaStsPolicy, zoneLine, type MailDomain } from './mail-records.ts'

const mail: MailDomain = {
  domain: 'club.example',
  bounceDomain: 'bounces.club.example',
  hostname: 'mail.club.example',
  spf: ['ip4:192.0.2.1', 'include:relay.example'],
  keys: [
    { selector: 'r1', publicKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey },
    { selector: 'e1', publicKey: generateKeyPairSync('ed25519').publicKey },
  ],
  reportAddress: 'dmarc@club.example',
  inbound: ['mx1.club.example'],
}
const records = mailRecords(mail)
const valueOf = (name: string): string =>
  records.find((record) => record.name === name && record.type === 'TXT')?.value ?? ''

test('records: each name has what RFC asks for, quarantine with reports', () => {
  assert.equal(valueOf('club.example'), 'v=spf1 ip4:192.0.2.1 include:relay.example -all')
  assert.equal(valueOf('bounces.club.example'), valueOf('club.example'))
  assert.match(valueOf('_dmarc.club.example'), /^v=DMARC1; p=quarantine;.*rua=mailto:dmarc@/)
  assert.match(valueOf('r1._domainkey.club.example'), /^v=DKIM1; k=rsa; p=MIIB/)
  assert.equal(valueOf('e1._domainkey.club.example').split('p=')[1]?.length, 44)
  assert.match(valueOf('_smtp._tls.club.example'), /^v=TLSRPTv1; rua=mailto:/)
  assert.match(valueOf('_mta-sts.club.example'), /^v=STSv1; id=[0-9a-f]{20}$/)
})

test('records: a line of the zone has strings of at most 255 bytes that join to the value', () => {
  for (const record of records.filter(({ type }) => type === 'TXT')) {
    const strings = [...zoneLine(record).matchAll(/"([^"]*)"/g)].map(([, text]) => text ?? '')
    assert(strings.every((text) => text.length <= 255))
    assert.equal(strings.join(''), record.value)
  }
})

test('records: the policy of MTA-STS and its id change together; no receiver, no policy', () => {
  const moved = mailRecords({ ...mail, inbound: ['mx2.club.example'] })
  const id = moved.find(({ name }) => name === '_mta-sts.club.example')?.value
  assert.notEqual(id, valueOf('_mta-sts.club.example'))
  assert.match(mtaStsPolicy(mail.inbound), /^version: STSv1\r\nmode: enforce\r\nmx: mx1/)
  const none = mailRecords({ ...mail, inbound: [] })
  assert(!none.some(({ name }) => name.startsWith('_mta-sts')))
})

test('records: reports to a stranger ask for its consent, those to ourselves do not', () => {
  const consents = (reportAddress: string): readonly string[] =>
    mailRecords({ ...mail, reportAddress })
      .filter(({ name }) => name.includes('_report'))
      .map(({ name, value }) => `${name} ${value}`)
  assert.deepEqual(consents(`a@${mail.domain}`), [])
  assert.deepEqual(consents(`a@bounces.${mail.domain}`), [])
  assert.deepEqual(consents('a@reports.example.net'), [
    `${mail.domain}._report._dmarc.reports.example.net v=DMARC1`,
  ])
})
