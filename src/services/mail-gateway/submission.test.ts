/**
 * Malicious clients at the submission door: nothing without TLS and a password, nothing smuggled,
 * nothing injected, and the door stays open for the others.
 */
import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, test } from 'node:test'
import { DOMAIN, RawSmtp, startMailGateway } from '#kit/mail-gateway.ts'
import { mulberry32 } from '#kit/random.ts'

const gateway = await startMailGateway({ sizeMax: 100_000, recipientsMax: 5, clientsMax: 20 })
const open: RawSmtp[] = []
after(() => gateway[Symbol.asyncDispose]())
beforeEach(() => gateway.reset())
afterEach(() => {
  for (const client of open.splice(0)) client.close()
})

const to = 'jan@club.example'
const head = `From: a@${DOMAIN}\r\nTo: ${to}\r\nSubject: x\r\n`
const whole = `${head}\r\nhello`

async function ready(): Promise<RawSmtp> {
  const client = await RawSmtp.ready(gateway.port)
  open.push(client)
  return client
}

async function plain(): Promise<RawSmtp> {
  const client = await RawSmtp.connect(gateway.port)
  open.push(client)
  await client.say('EHLO raw.example')
  return client
}

async function queued(): Promise<number> {
  return (await gateway.pool.query('select from message')).rowCount ?? 0
}

test('without TLS there is no login, and without login no mail', async () => {
  const client = await plain()
  assert.match(await client.say(`AUTH PLAIN ${Buffer.from('\0a\0b').toString('base64')}`), /^[45]/)
  assert.match(await client.say(`MAIL FROM:<a@${DOMAIN}>`), /^[45]/)
  await client.secure()
  await client.say('EHLO raw.example')
  assert.match(await client.say(`MAIL FROM:<a@${DOMAIN}>`), /^530/)
})

test('what was sent before TLS is forgotten after it', async () => {
  const client = await plain()
  client.write(`STARTTLS\r\nMAIL FROM:<evil@${DOMAIN}>\r\nRCPT TO:<${to}>\r\n`)
  // The handshake must fail or the injected lines be gone; no third thing.
  const said = await Promise.race([client.reply(), gateway.clock.sleep(500)])
  assert.match(String(said), /^220|closed/)
})

test('a wrong password is refused after a pause, the third one ends the connection', async () => {
  const client = await plain()
  await client.secure()
  await client.say('EHLO raw.example')
  const wrong = `AUTH PLAIN ${Buffer.from('\0application\0guess').toString('base64')}`
  assert.match(await client.say(wrong), /^535 5\.7\.8 MAIL_AUTH_FAILED/)
  assert.match(await client.say(wrong), /^535/)
  assert.match(await client.say(wrong), /^421/)
  assert.equal(await client.reply(), 'closed')
  assert.equal(gateway.trail.of('MAIL_AUTH_FAILED').length, 3)
})

const smuggled = `MAIL FROM:<ceo@${DOMAIN}>\r\nRCPT TO:<victim@club.example>\r\nDATA\r\n${whole}`
const ends = [
  '\n.\n',
  '\n.\r\n',
  '\r.\r',
  '\r.\r\n',
  '\r\n.\n',
  '\r\n.\r',
  '\r\n\0.\r\n',
  '\r',
  '\n',
]
for (const end of ends) {
  const name = JSON.stringify(end)
  test(`smuggling: ${name} ends no message, and makes the whole of it refused`, async () => {
    const client = await ready()
    const said = await client.mail(to, `${whole}${end}${smuggled}`)
    assert.match(said, /^554 5\.6\.0 MAIL_(BARE_LINE_END|NUL)/)
    assert.equal(await client.reply(), 'closed')
    assert.equal(await queued(), 0)
  })
}

test('smuggling: a message cut into any two packets is one message', async () => {
  const client = await ready()
  const bytes = `${head}\r\n..\r\n..x\r\n...\r\nend\r\n.\r\n`
  for (let cut = bytes.length - 22; cut < bytes.length; cut++) {
    await client.say(`MAIL FROM:<a@${DOMAIN}>`)
    await client.say(`RCPT TO:<p${cut}@club.example>`)
    await client.say('DATA')
    client.write(bytes.slice(0, cut))
    await gateway.clock.sleep(2)
    client.write(bytes.slice(cut))
    assert.match(await client.reply(), /^250/)
    assert.match(await client.say('NOOP'), /^250/)
  }
  for (const mail of await gateway.receiver.arrived(22)) {
    assert.match(mail.text, /\r\n\.\r\n\.x\r\n\.\.\r\nend\r\n/)
  }
})

const injected: readonly (readonly [string, string, string])[] = [
  ['a second From', `From: ceo@${DOMAIN}\r\n${head}`, 'MAIL_HEADER_DUPLICATE'],
  ['a second Subject', `${head}subject: buy\r\n`, 'MAIL_HEADER_DUPLICATE'],
  ['a Bcc', `${head}Bcc: victim@club.example\r\n`, 'MAIL_BCC'],
  ['a From of somebody else', head.replace(DOMAIN, 'bank.example'), 'MAIL_MISALIGNED'],
  ['no From', `To: ${to}\r\n`, 'MAIL_MISALIGNED'],
  ['two authors', head.replace('From:', `From: a@${DOMAIN},`), 'MAIL_ADDRESS_INVALID'],
  ['an author in a comment', head.replace('From:', `From: (x)`), 'MAIL_ADDRESS_INVALID'],
  ['a foreign Sender', `${head}Sender: a@bank.example\r\n`, 'MAIL_MISALIGNED'],
  ['a field folded over nothing', `${head}X-A: b\r\n \r\n\tc\r\n`, 'MAIL_HEADER_INVALID'],
  ['a line that is no field', `${head}hello\r\n`, 'MAIL_HEADER_INVALID'],
  ['bytes beyond ASCII', `${head}X-A: \u00e9\r\n`, 'MAIL_HEADER_INVALID'],
  ['a line without end', `${head}X-A: ${'a'.repeat(1000)}\r\n`, 'MAIL_LINE_TOO_LONG'],
  ['a thousand fields', head + 'X-A: b\r\n'.repeat(1000), 'MAIL_HEADER_TOO_LARGE'],
  ['an unknown category', `${head}X-Veilig-Category: all\r\n`, 'MAIL_CATEGORY_DENIED'],
  ['a list that is no name', `${head}X-Veilig-List: a b\r\n`, 'MAIL_HEADER_INVALID'],
]
for (const [name, header, code] of injected) {
  test(`refused: ${name}`, async () => {
    const client = await ready()
    assert.match(
      await client.mail(to, `${header}\r\nhello`),
      new RegExp(`^550 5\\.7\\.1 ${code}|^553 5\\.1\\.3 ${code}`),
    )
    assert.match(await client.mail(to, whole), /^250/, 'the connection lives on')
    assert.equal(await queued(), 1)
    assert.deepEqual(gateway.trail.of('MAIL_REFUSED'), [{ sender: 'application', code }])
  })
}

test('limits: size, recipients, and what is no address', async () => {
  const client = await ready()
  const big = `${whole}\r\n${'0123456789\r\n'.repeat(9000)}`
  assert.match(await client.mail(to, big), /^552 5\.3\.4 MAIL_TOO_LARGE/)
  await client.say(`MAIL FROM:<a@${DOMAIN}>`)
  for (const bad of [
    'a b@club.example',
    'jan@',
    'jan@[127.0.0.1]',
    'jan@club..example',
    'é@x.nl',
  ]) {
    assert.match(await client.say(`RCPT TO:<${bad}>`), /^5/, bad)
  }
  for (let at = 0; at < 5; at++) await client.say(`RCPT TO:<p${at}@club.example>`)
  assert.match(await client.say('RCPT TO:<p6@club.example>'), /^452 4\.5\.3/)
})

test('one person named five times in an envelope gets one mail', async () => {
  const client = await ready()
  await client.say(`MAIL FROM:<a@${DOMAIN}>`)
  for (const one of ['jan', 'JAN', 'jan+a', 'jan+b'])
    await client.say(`RCPT TO:<${one}@club.example>`)
  await client.say('DATA')
  client.write(`${whole}\r\n.\r\n`)
  assert.match(await client.reply(), /queued for 1/)
})

test('noise: random bytes are answered with codes, and the next client is served', async () => {
  const random = mulberry32(8)
  for (let round = 0; round < 30; round++) {
    const client = round % 2 === 0 ? await ready() : await plain()
    const noise = Buffer.from(Array.from({ length: 2000 }, () => Math.floor(random() * 256)))
    client.write(noise)
    client.write('\r\n.\r\n')
    const said = await Promise.race([client.reply(), gateway.clock.sleep(100)])
    if (said !== undefined) assert.match(said, /^[45]\d\d|^closed/)
    client.close()
  }
  const client = await ready()
  assert.match(await client.mail(to, whole), /^250/)
})

test('a client beyond the limit is told so, and those inside go on', async () => {
  const first = await ready()
  const crowd: RawSmtp[] = []
  for (let at = 0; at < 19; at++) crowd.push(await plain())
  const late = await RawSmtp.connect(gateway.port).catch(() => undefined)
  if (late) open.push(late)
  assert.match(await first.mail(to, whole), /^250/)
})
