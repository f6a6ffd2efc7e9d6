/** Receivers that stall, hang up, lie or stutter: each is an outcome, and none loses or repeats. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { Connections } from './connections.ts'
import { SessionFault, SmtpSession, type TlsDemand, type Waits } from './smtp-session.ts'

const waits: Waits = { connectMs: 2000, replyMs: 2000, acceptMs: 2000 }
const stalled: Waits = { connectMs: 200, replyMs: 200, acceptMs: 200 }
const none: TlsDemand = { kind: 'none' }
const servers: Server[] = []
after(() => servers.forEach((server) => server.close()))

/** A server that answers each line by `answer`; undefined hangs up, '' stays silent. */
async function serverOf(answer: (line: string, socket: Socket) => string | undefined) {
  const server = createServer((socket) => {
    let rest = ''
    let inData = false
    socket.on('error', () => undefined)
    const say = (text: string | undefined): void => {
      if (text === undefined) socket.destroy()
      else if (text !== '') socket.write(text)
      if (!text?.startsWith('354')) return
      inData = true
      rest = `\r\n${rest}` // so that a dot alone at the very begin is an end as well
    }
    say(answer('', socket))
    socket.on('data', (bytes: Buffer) => {
      rest += bytes.toString('latin1')
      for (;;) {
        const mark = inData ? '\r\n.\r\n' : '\r\n'
        const end = rest.indexOf(mark)
        if (end < 0 || socket.destroyed) return
        const line = inData ? `BODY ${rest.slice(2, end)}` : rest.slice(0, end)
        rest = rest.slice(end + mark.length)
        inData = false
        say(answer(line, socket))
      }
    })
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const good = (line: string): string => {
  if (line === '') return '220 mx\r\n'
  if (line.startsWith('EHLO')) return '250-mx\r\n250-PIPELINING\r\n250 8BITMIME\r\n'
  return line === 'DATA' ? '354 go\r\n' : '250 2.0.0 ok\r\n'
}
/** The good one, but for the line that begins so. */
const but =
  (begin: string, said: string | undefined) =>
  (line: string): string | undefined =>
    (begin === '' ? line === '' : line.startsWith(begin)) ? said : good(line)

const parcel = {
  envelopeFrom: 'b@x.example',
  recipient: 'jan@y.example',
  domain: 'y.example',
  bytes: Buffer.from('Subject: x\r\n\r\n.dot\r\nend'),
}

async function fate(port: number, demand = none, patience = waits): Promise<string> {
  using connections = new Connections(patience)
  try {
    const outcome = await connections.send(
      { host: '127.0.0.1', port, name: 'us.example', tls: demand },
      parcel,
    )
    return `${outcome.kind}: ${outcome.reply}`
  } catch (error) {
    if (!(error instanceof SessionFault)) throw error
    return `fault: ${error.reply}`
  }
}

const cases: readonly (readonly [string, (line: string) => string | undefined, RegExp])[] = [
  ['takes it', good, /^delivered: 250/],
  ['takes it without pipelining', but('EHLO', '250 mx\r\n'), /^delivered/],
  ['knows only HELO', but('EHLO', '502 what\r\n'), /^delivered/],
  ['refuses the person', but('RCPT', '550 5.1.1 nobody\r\n'), /^refused: 550 5\.1\.1/],
  ['is busy at the person', but('RCPT', '451 4.3.0 later\r\n'), /^later: 451/],
  ['refuses the content', but('BODY', '554 5.7.1 spam\r\n'), /^refused: 554/],
  ['is full after the content', but('BODY', '452 4.3.1 disk\r\n'), /^later: 452/],
  ['greets with a refusal', but('', '554 no\r\n'), /^fault: 554/],
  ['says goodbye early', but('MAIL', '421 4.3.2 closing\r\n'), /^fault: 421/],
  ['hangs up at once', but('', undefined), /^fault/],
  ['hangs up at the envelope', but('RCPT', undefined), /^fault/],
  ['hangs up after the content', but('BODY', undefined), /^fault/],
  ['speaks HTTP', but('', 'HTTP/1.1 400 Bad Request\r\n\r\n'), /^fault: SMTP_REPLY_INVALID/],
  ['never ends its reply', but('EHLO', '250-x\r\n'.repeat(500)), /^fault: SMTP_REPLY_INVALID/],
]
for (const [name, answer, expected] of cases) {
  test(`smtp session: a receiver that ${name}`, async () => {
    assert.match(await fate(await serverOf(answer)), expected)
  })
}

for (const begin of ['', 'EHLO', 'RCPT', 'BODY']) {
  test(`smtp session: silent at ${begin || 'the greeting'}, a receiver is left`, async () => {
    assert.match(await fate(await serverOf(but(begin, '')), none, stalled), /^fault: no answer in/)
  })
}

test('smtp session: dots are doubled, the end is marked, and nothing else changes', async () => {
  let body = ''
  const port = await serverOf((line) => {
    if (line.startsWith('BODY')) body = line.slice(5)
    return good(line)
  })
  await fate(port)
  assert.equal(body, 'Subject: x\r\n\r\n..dot\r\nend')
})

test('smtp session: ten mails share a connection; an idle one that ended is no loss', async () => {
  let opened = 0
  const open = new Set<Socket>()
  const port = await serverOf((line, socket) => {
    if (line === '') opened++
    open.add(socket)
    return good(line)
  })
  using connections = new Connections(waits)
  const target = { host: '127.0.0.1', port, name: 'us.example', tls: none }
  for (let mail = 0; mail < 10; mail++)
    assert.equal((await connections.send(target, parcel)).kind, 'delivered')
  assert.equal(opened, 1)
  for (const socket of open) socket.destroy()
  assert.equal((await connections.send(target, parcel)).kind, 'delivered')
  assert.equal(opened, 2)
})

const authority = await createLocalAuthority(Date.now())
const certificate = await issueCertificate(authority, ['mx.localhost'], Date.now())

/** STARTTLS with a certificate for mx.localhost. */
async function secureServer(extra = ''): Promise<number> {
  const server = createServer((plain) => {
    plain.on('error', () => undefined).write('220 mx\r\n')
    plain.on('data', function onLine(bytes: Buffer) {
      const line = bytes.toString('latin1')
      if (line.startsWith('EHLO')) plain.write('250-mx\r\n250 STARTTLS\r\n')
      if (!line.startsWith('STARTTLS')) return
      plain.off('data', onLine)
      plain.write(`220 go\r\n${extra}`)
      const secured = new TLSSocket(plain, {
        isServer: true,
        key: certificate.keyPem,
        cert: certificate.certificatePem,
      })
      let inData = false
      secured.on('error', () => undefined)
      secured.on('data', (more: Buffer) => {
        const said = more.toString('latin1')
        if (inData ? said.endsWith('\r\n.\r\n') : true)
          secured.write(inData ? '250 ok\r\n' : said === 'DATA\r\n' ? '354 go\r\n' : '250 ok\r\n')
        inData = said === 'DATA\r\n'
      })
    })
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('smtp session: a promised certificate must be of that name and authority', async () => {
  const port = await secureServer()
  const ca = authority.certificatePem
  const verified = (servername: string, more: object = {}): TlsDemand => ({
    kind: 'verified',
    servername,
    ...more,
  })
  assert.match(await fate(port, verified('mx.localhost', { ca })), /^delivered/)
  assert.match(await fate(port, verified('mz.localhost', { ca })), /^fault: TLS/)
  assert.match(await fate(port, verified('mx.localhost')), /^fault: TLS/)
  assert.match(
    await fate(port, { kind: 'opportunistic', servername: 'mz.localhost' }),
    /^delivered/,
  )
})

test('smtp session: no TLS where it was promised is no mail, not even in the open', async () => {
  let heard = ''
  const port = await serverOf((line) => {
    heard += line
    return good(line)
  })
  const demand: TlsDemand = { kind: 'verified', servername: 'mx.localhost' }
  assert.match(await fate(port, demand), /^fault: the server offers no TLS/)
  assert.doesNotMatch(heard, /MAIL|jan/)
})

test('smtp session: a reply put in before TLS ends it', async () => {
  const port = await secureServer('250 injected\r\n')
  const target = { host: '127.0.0.1', port, name: 'us.example' }
  const tls = { kind: 'opportunistic', servername: '' } as const
  await assert.rejects(SmtpSession.open({ ...target, tls }, waits), /before TLS/)
})
