/**
 * The whole way to two real companies, and what three foreign verifiers say: OpenDMARC at the first
 * company, rspamd at the second, dkimpy with authheaders and go-msgauth over what arrived.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { dkimKeys, DOMAIN, startMailGateway, type TestMailGateway } from '#kit/mail-gateway.ts'
import { eventually } from '#kit/eventually.ts'
import { startMailTown, townAddress, type MailTown } from '#kit/mail-town.ts'
import { mailRecords } from '#protocol/dns/mail-records.ts'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { systemClock } from '#system/clock.ts'
import { bounceDomain } from './config.ts'
import { SmtpSession, standardWaits } from './delivery/smtp-session.ts'
import { deliverer } from './transport.ts'

const HOST = `mail.${DOMAIN}`
const records = mailRecords({
  domain: DOMAIN,
  bounceDomain: bounceDomain(DOMAIN),
  hostname: HOST,
  spf: [`ip4:${townAddress(1)}`],
  keys: dkimKeys.map(({ selector, privateKey }) => ({
    selector,
    publicKey: createPublicKey(privateKey),
  })),
  reportAddress: `reports@${bounceDomain(DOMAIN)}`,
  inbound: [],
})
const zone = Object.fromEntries(
  records.filter(({ type }) => type === 'TXT').map(({ name, value }) => [name, value]),
)
let town: MailTown
let gateway: TestMailGateway

before(async () => {
  const authority = await createLocalAuthority(systemClock.nowMs())
  const issue = (domain: string) =>
    issueCertificate(authority, [`mx.${domain}`, `mx.lying-${domain}`], systemClock.nowMs())
  town = await startMailTown(records, ['jan', 'forged', 'bent'], {
    'a.example': await issue('a.example'),
    'b.example': await issue('b.example'),
  })
  const resolvers = [town.resolver]
  const mx = { kind: 'mx', resolvers, port: 25, validatingResolver: true } as const
  gateway = await startMailGateway({}, { deliver: deliverer(mx, HOST, '') })
})
after(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await town?.[Symbol.asyncDispose]()
})
beforeEach(() => gateway.reset())

const kinds = [
  ['a confirmation', { 'X-Veilig-List': 'confirmations', 'X-Veilig-Tenant': 'tc-noord' }],
  ['a newsletter', { 'X-Veilig-Category': 'list', 'X-Veilig-List': 'news' }],
  ['a security notice', { 'X-Veilig-Category': 'security' }],
  ['une réservation', { 'X-Veilig-List': 'calendar', 'Content-Language': 'fr' }],
] as const
/** Of 8 bits, with a line that begins with a dot, and something beside the words. */
const calendar = {
  filename: 'terrain.ics',
  contentType: 'text/calendar; charset=utf-8; method=PUBLISH',
  content: 'BEGIN:VCALENDAR\r\nSUMMARY:Terrain n° 3 à Évry\r\n.\r\nEND:VCALENDAR\r\n',
}

test('each kind of mail arrives at both, and every foreign verifier passes it', async () => {
  for (const [subject, headers] of kinds) {
    for (const { domain } of town.companies) {
      const html = `<p>${subject} – tot dan!</p>`
      const attachments = subject.startsWith('une') ? [calendar] : []
      await gateway.send({ to: `jan@${domain}`, subject, headers, html, attachments })
    }
  }
  const [a, b] = town.companies
  for (const company of town.companies) {
    const mails = await company.arrived('jan', kinds.length)
    for (const [subject] of kinds)
      assert(mails.some((mail) => mail.includes(`Subject: ${encoded(subject)}`)))
    for (const mail of mails) {
      assert.match(mail, /using TLSv1\.3/)
      assert.deepEqual(verifiersOf(mail), {
        dkimpy: 'True True',
        authheaders: 'pass',
        go: 'pass pass',
      })
    }
  }
  for (const mail of await a.arrived('jan', kinds.length)) {
    assert.match(mail, /dmarc=pass \(p=quarantine dis=none\) header\.from=reservations\.example/)
    assert.match(mail, /dkim=pass[^;]*header\.a=ed25519-sha256/)
  }
  for (const mail of await b.arrived('jan', kinds.length)) {
    assert.match(mail, /dmarc=pass \(policy=quarantine\) header\.from=reservations\.example/)
    assert.match(mail, /spf=pass/)
    assert.doesNotMatch(mail, /^X-Spam: Yes/im)
  }
  assert.equal(await a.held(), 0)
})

/** As nodemailer writes what is not ASCII: RFC 2047. */
function encoded(subject: string): string {
  return /^[\x20-\x7e]*$/.test(subject) ? subject : '=?UTF-8?Q?une_r=C3=A9servation?='
}

test('what forges our domain both companies put in quarantine', async () => {
  const [a, b] = town.companies
  for (const { domain } of town.companies) {
    const forged = `From: a@${DOMAIN}\r\nTo: forged@${domain}\r\nSubject: pay now\r\n\r\nhello\r\n`
    await byHand(domain, 'a@thief.example', `forged@${domain}`, forged)
  }
  const [mail = ''] = await b.arrived('forged', 1)
  assert.match(mail, /dmarc=fail[^;]*policy=quarantine|DMARC_POLICY_QUARANTINE/)
  assert.match(mail, /^X-Spam: Yes/im)
  await eventually('the forged mail in quarantine', async () => (await a.held()) > 0 || undefined)
})

test('a mail that was changed on its way is quarantined too', async () => {
  await gateway.send({ to: 'jan@b.example', subject: 'to be bent' })
  const mails = await town.companies[1].arrived('jan', kinds.length + 1)
  const good = mails.find((mail) => mail.includes('to be bent')) ?? ''
  const own = good.slice(good.indexOf('DKIM-Signature:')).replaceAll(/\r?\n/g, '\r\n')
  const bent = own.replace('Subject: to be bent', 'Subject: bent')
  assert.notEqual(bent, own)
  await byHand('b.example', 'a@thief.example', 'bent@b.example', bent)
  const [mail = ''] = await town.companies[1].arrived('bent', 1)
  assert.match(mail, /^X-Spam: Yes/im)
})

test('a server whose certificate is not the one its signed DNS names gets no mail', async () => {
  await gateway.send({ to: 'jan@lying-a.example' })
  const reply = await eventually('the first attempt', async () => {
    const { rows } = await gateway.pool.query<{ last_reply: string | null }>(
      `select last_reply from delivery where domain = 'lying-a.example'`,
    )
    return rows[0]?.last_reply
  })
  assert.match(reply, /DANE/)
})

/** As a thief would: straight to the company, from an address that nobody published. */
async function byHand(domain: string, from: string, to: string, text: string): Promise<void> {
  const host = townAddress(domain === 'a.example' ? 2 : 3)
  const tls = { kind: 'opportunistic', servername: '' } as const
  // The envelope's own domain passes no SPF either: our address is not the thief's.
  const session = await SmtpSession.open(
    { host, port: 25, name: 'thief.example', tls },
    standardWaits,
  )
  const outcome = await session.send(from, to, Buffer.from(text, 'latin1'))
  session.close()
  assert.equal(outcome.kind, 'delivered', outcome.reply)
}

type Verdicts = { readonly dkimpy: string; readonly authheaders: string; readonly go: string }

/** What the other verifiers say of a mail, with the town's zone in place of DNS. */
function verifiersOf(mail: string): Verdicts {
  const own = mail.slice(mail.indexOf('DKIM-Signature:')).replaceAll(/\r?\n/g, '\r\n')
  const program = `
import sys, json, dkim, authheaders
zone = json.loads(sys.argv[1])
mail = sys.stdin.buffer.read()
def txt(name, timeout=5):
    name = name.decode() if isinstance(name, bytes) else name
    value = zone.get(name.rstrip('.'))
    return value.encode() if value else None
print(' '.join(str(dkim.DKIM(mail).verify(idx=i, dnsfunc=txt)) for i in (0, 1)))
signed = authheaders.check_dkim(mail, dnsfunc=txt)
look = lambda name, kind=None: zone.get(name.rstrip('.')) or ''
print(authheaders.dmarc_per_from('${DOMAIN}', None, signed, dnsfunc=look)[0])
`
  const input = Buffer.from(own, 'latin1')
  const python = spawnSync('/usr/bin/python3', ['-c', program, JSON.stringify(zone)], { input })
  const [dkimpy = '', authheaders = ''] = python.stdout.toString().trim().split('\n')
  return { dkimpy: dkimpy + python.stderr.toString(), authheaders, go: goVerdict(input) }
}

/** go-msgauth looks the keys up itself, so it is asked within the town. */
function goVerdict(input: Buffer): string {
  const args = ['netns', 'exec', `vt${process.pid}a`, '/usr/bin/dkim-verify']
  const { stderr, stdout } = spawnSync('ip', args, { input })
  const lines = Buffer.concat([stdout, stderr]).toString().trim().split('\n')
  return lines
    .map((line) => (/valid signature/i.test(line) && !/invalid/i.test(line) ? 'pass' : line))
    .join(' ')
}
