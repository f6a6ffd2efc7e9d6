/**
 * A real receiver: the mail finds Postfix by MX, OpenDKIM and dkimpy check it against real DNS.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, beforeEach, test } from 'node:test'
import { DOMAIN, mailTls, records, startMailGateway } from '#kit/mail-gateway.ts'
import { NAMESERVER, startMailCompany } from '#kit/postfix.ts'
import { checkRecords, dmarcState, lookupThrough, spfState } from './dns-check.ts'
import { deliverer } from './transport.ts'

const company = await startMailCompany('club.example', ['jan'], records, mailTls)
const mx = {
  kind: 'mx',
  resolvers: [NAMESERVER],
  port: company.port,
  validatingResolver: false,
} as const
const gateway = await startMailGateway({}, { deliver: deliverer(mx, 'mail.localhost', '') })
after(async () => {
  await gateway[Symbol.asyncDispose]()
  await company[Symbol.asyncDispose]()
})
beforeEach(() => gateway.reset())

test('Postfix takes the mail over TLS, and OpenDKIM accepts both signatures', async () => {
  const html = '<p>Baan 3, dinsdag 14:00 – tot dan!</p>'
  await gateway.send({ to: 'jan@club.example', subject: 'Bevestiging – baan 3', html })
  const [mail = ''] = await company.arrived('jan', 1)
  assert.match(mail, /using TLSv1\.3/)
  const verdicts = [...mail.matchAll(/^Authentication-Results:(?:.*\r?\n)(?:[ \t].*\r?\n)*/gm)]
  const text = verdicts.map(([verdict]) => verdict).join('')
  assert.match(text, /dkim=pass .*header\.d=reservations\.example .*header\.a=rsa-sha256/)
  assert.match(text, /dkim=pass .*header\.d=reservations\.example .*header\.a=ed25519-sha256/)
  assert.doesNotMatch(text, /dkim=(fail|permerror|neutral|none)/)
})

test('dkimpy, another verifier, accepts both signatures', async () => {
  await gateway.send({ to: 'jan@club.example', text: 'Een regel.\n\n  \nNog een.\n\n\n' })
  const mails = await company.arrived('jan', 2)
  const program = `
import sys, dkim, json
zone = json.loads(sys.argv[1])
mail = sys.stdin.buffer.read()
mail = mail[mail.index(b'DKIM-Signature:'):]
look = lambda name, timeout=5: zone.get(name.decode().rstrip('.'), '').encode()
for index in (0, 1):
    print(dkim.DKIM(mail).verify(idx=index, dnsfunc=look))
`
  const zone = Object.fromEntries(records.map(({ name, value }) => [name, value]))
  const input = Buffer.from((mails.at(-1) ?? '').replaceAll(/\r?\n/g, '\r\n'), 'latin1')
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', program, JSON.stringify(zone)], {
    input,
  })
  assert.equal(stdout.toString(), 'True\nTrue\n', stderr.toString())
})

test('an address that does not exist is refused by Postfix, and not tried again', async () => {
  await gateway.send({ to: 'nobody@club.example' })
  while (gateway.trail.of('MAIL_REJECTED_BY_RECEIVER').length === 0) await gateway.clock.sleep(20)
  const [event] = gateway.trail.of('MAIL_REJECTED_BY_RECEIVER')
  assert.equal(event?.['status'], '550 5.1.1')
})

test('a domain that does not exist is refused by its DNS', async () => {
  await gateway.send({ to: 'jan@nowhere.example' })
  while (gateway.trail.of('MAIL_REJECTED_BY_RECEIVER').length === 0) await gateway.clock.sleep(20)
  const [event] = gateway.trail.of('MAIL_REJECTED_BY_RECEIVER')
  assert.equal(event?.['status'], '550 5.1.2')
})

test('what veilig dns prints is found published, and amounts to quarantine', async () => {
  const lookup = lookupThrough([NAMESERVER])
  const states = await checkRecords(records, lookup)
  const wrong = states.filter(({ state }) => state !== 'published')
  assert.deepEqual(wrong, [])
  const policy = await dmarcState(DOMAIN, lookup)
  assert.equal(policy.effective, 'quarantine')
  const { lookups, result } = await spfState(DOMAIN, lookup)
  assert.deepEqual([lookups, result], [0, 'fail'])
})
