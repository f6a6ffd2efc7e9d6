/**
 * Receives the demonstration's mail by SMTP, checks it as a receiver would, and shows it.
 *
 * @module
 */
import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import type { RunningService } from '#system/service.ts'
import type { Html } from '#system/plain-page.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import { listPage, mailPage, stylesheet } from './pages.ts'
import type { MailboxPorts } from './ports.ts'
import { MailboxStore } from './store.ts'
import { verdictOf } from './verify.ts'
import { languageOf } from './words.ts'

const SIZE_MAX = 25 * 1024 * 1024
const CLIENTS_MAX = 50
const TIMEOUT_MS = 30_000
const LISTED_MAX = 100

/** @throws {Error} When a socket cannot be opened. */
export async function serve(ports: MailboxPorts): Promise<RunningService> {
  await using started = new AsyncDisposableStack()
  const store = new MailboxStore(ports.folder)
  started.use(await receive(ports, store))
  const server = createServer({ requestTimeout: TIMEOUT_MS }, (incoming, outgoing) => {
    void show(incoming, outgoing, store)
  })
  started.use(await listenOnUnix(server, ports.httpSocket))
  const all = started.move()
  return { [Symbol.asyncDispose]: () => all.disposeAsync() }
}

async function receive(ports: MailboxPorts, store: MailboxStore): Promise<AsyncDisposable> {
  const server = new SMTPServer({
    name: 'mailbox.localhost',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'], // a unix socket: nobody listens in
    disableReverseLookup: true,
    size: SIZE_MAX,
    rejectOversized: true,
    maxClients: CLIENTS_MAX,
    socketTimeout: TIMEOUT_MS,
    closeTimeout: 1000,
    logger: false,
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => void (stream.sizeExceeded || chunks.push(chunk)))
      stream.on('end', () => {
        void take(ports, store, session, Buffer.concat(chunks), callback)
      })
    },
  })
  server.on('error', () => undefined) // a client went away in the middle
  await rm(ports.smtpSocket, { force: true })
  server.listen(ports.smtpSocket)
  await once(server.server, 'listening')
  await chmod(ports.smtpSocket, 0o600)
  return {
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

/** @param answer Told null once the mail is kept, or what to say instead. */
async function take(
  ports: MailboxPorts,
  store: MailboxStore,
  session: SMTPServerSession,
  bytes: Uint8Array,
  answer: (error: Error | null) => void,
): Promise<void> {
  try {
    const { mailFrom, rcptTo } = session.envelope
    const from = mailFrom ? mailFrom.address : ''
    const envelope = { from, helo: session.hostNameAppearsAs }
    await store.keep({
      receivedMs: ports.clock.nowMs(),
      from,
      to: rcptTo.map((one) => one.address),
      verdict: await verdictOf(bytes, envelope, await ports.records()),
      content: Buffer.from(bytes).toString('base64'),
    })
  } catch (error) {
    ports.log.warn({ reason: (error as Error).message }, 'a mail could not be kept')
    const said = new Error('the mailbox cannot keep it now')
    return answer(Object.assign(said, { responseCode: 451 }))
  }
  answer(null)
}

async function show(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  store: MailboxStore,
): Promise<void> {
  incoming.resume()
  const url = new URL(incoming.url ?? '/', 'http://mailbox.localhost')
  const language = languageOf(
    url.searchParams.get('lang') ?? incoming.headers['accept-language'] ?? undefined,
  )
  const reply = (status: number, type: string, body: string): void => {
    const head = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }
    outgoing.writeHead(status, { ...head, 'content-type': `${type}; charset=utf-8` })
    outgoing.end(body)
  }
  const page = async (html: Html): Promise<void> => reply(200, 'text/html', String(await html))
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return reply(405, 'text/plain', '')
  if (url.pathname === '/style.css') return reply(200, 'text/css', stylesheet)
  if (url.pathname === '/') return page(listPage(language, await store.list(LISTED_MAX)))
  const mail = await store.get(/^\/m\/([\w-]+)$/.exec(url.pathname)?.[1] ?? '')
  return mail ? page(mailPage(language, mail)) : reply(404, 'text/plain', '404')
}
