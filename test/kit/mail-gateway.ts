/**
 * A mail gateway between a real PostgreSQL, real SMTP clients and a real SMTP receiver that can be
 * told to misbehave.
 */
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { createTransport, type SendMailOptions } from 'nodemailer'
import type pg from 'pg'
import { pino } from 'pino'
import { SMTPServer } from 'smtp-server'
import { mailRecords, type DnsRecord } from '#protocol/dns/mail-records.ts'
import type { DkimKey } from '#protocol/mail/dkim.ts'
import {
  createLocalAuthority,
  issueCertificate,
  type CertificateAndKey,
} from '#system/local-ca/authority.ts'
import type { FaultError } from '#lib/errors.ts'
import { systemClock, type Clock } from '#system/clock.ts'
import { openPool } from '#system/postgres/pool.ts'
import { bounceDomain, mailGatewayConfig, noticeSender } from '#services/mail-gateway/config.ts'
import type { MailPorts } from '#services/mail-gateway/ports.ts'
import { serve, type MailGateway } from '#services/mail-gateway/serve.ts'
import { deliverer } from '#services/mail-gateway/transport.ts'
import { eventually } from './eventually.ts'
import { startPostgres, temporaryFolder, type TestPostgres } from './postgres.ts'
import { RecordingTrail } from './recording-trail.ts'

export const DOMAIN = 'reservations.example'
export const PASSWORD = 'kit-submission'
export const ORIGIN = 'https://mail.localhost:8443'

const authority = await createLocalAuthority(Date.now())
export const mailTls: CertificateAndKey = await issueCertificate(
  authority,
  ['localhost', 'mail.localhost', '127.0.0.1'],
  Date.now(),
)
/** PEM that clients must trust. */
export const mailAuthority: string = authority.certificatePem

export const dkimKeys: readonly DkimKey[] = [
  {
    domain: DOMAIN,
    selector: 'r1',
    privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  },
  { domain: DOMAIN, selector: 'e1', privateKey: generateKeyPairSync('ed25519').privateKey },
]

/** What the test's domain would publish; answers as DNS does, for mailauth. */
export const records: readonly DnsRecord[] = mailRecords({
  domain: DOMAIN,
  bounceDomain: bounceDomain(DOMAIN),
  hostname: 'mail.localhost',
  spf: ['ip4:127.0.0.1'],
  keys: dkimKeys.map(({ selector, privateKey }) => ({
    selector,
    publicKey: createPublicKey(privateKey),
  })),
  reportAddress: `dmarc-reports@${DOMAIN}`,
  inbound: [],
})

export async function resolver(name: string, type: string): Promise<string[][]> {
  const found = records.filter((record) => record.name === name && record.type === type)
  if (found.length > 0) return found.map((record) => [record.value])
  throw Object.assign(new Error(`no ${type} of ${name}`), { code: 'ENOTFOUND' })
}

/** A mail as the receiver got it. */
export type ReceivedMail = {
  readonly from: string
  readonly to: readonly string[]
  readonly bytes: Buffer
  readonly text: string
}

/** Receives mail; `answer` decides on each with an SMTP code, 250 to take it. */
export class TestReceiver {
  readonly mails: ReceivedMail[] = []
  answer: (to: string) => number | Promise<number> = () => 250
  readonly #server: SMTPServer
  #waiting: (() => void)[] = []
  /** Why no mail will come any more. */
  fault: Error | undefined

  constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const to = session.envelope.rcptTo.map((one) => one.address)
          const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : ''
          void this.#decide({ from, to, bytes, text: bytes.toString('utf8') }, callback)
        })
      },
    })
    this.#server.on('error', () => undefined)
  }

  async #decide(mail: ReceivedMail, callback: (error?: Error | null) => void): Promise<void> {
    const code = await this.answer(mail.to[0] ?? '')
    if (code === 250) {
      this.mails.push(mail)
      callback()
    } else callback(Object.assign(new Error('no'), { responseCode: code }))
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Who waits for mail hears why none will come. */
  fail(fault: Error): void {
    this.fault = fault
    this.#wake()
  }

  /** Waits until as many mails have come; returns all of them. */
  async arrived(count: number): Promise<readonly ReceivedMail[]> {
    while (this.mails.length < count) {
      if (this.fault) throw this.fault
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return this.mails
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server.server, 'listening')
    return (this.#server.server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

/** A clock that can be set forward; what only ever grows is left alone. */
export class ShiftedClock implements Clock {
  shiftMs = 0
  nowMs(): number {
    return systemClock.nowMs() + this.shiftMs
  }
  monotonicMs(): number {
    return systemClock.monotonicMs()
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal)
  }
}

export type TestMailGateway = AsyncDisposable & {
  readonly server: TestPostgres
  readonly trail: RecordingTrail
  readonly clock: ShiftedClock
  readonly receiver: TestReceiver
  readonly port: number
  readonly returnPort: number | undefined
  readonly apiPort: number | undefined
  readonly pool: pg.Pool
  readonly ports: MailPorts
  /** Hands in one mail with nodemailer. Rejects with the server's answer. */
  send(mail: SendMailOptions): Promise<string>
  /** A request to the pages' socket. */
  http(method: string, path: string, body?: string, headers?: Record<string, string>): Promise<Page>
  /** Rejects when the gateway ends by itself. */
  readonly failed: Promise<never>
  /** Resolves once no delivery is under way. */
  idle(): Promise<void>
  /** Empties the queue, the counters, the trail and the receiver. */
  reset(): Promise<void>
}

export type Page = {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Makes the service's role and schema as the supervisor does; returns a pool of that role. */
export async function mailPool(server: TestPostgres): Promise<pg.Pool> {
  await server.query(`create role "mail-gateway" login password '${PASSWORD}'`)
  await server.query('create schema "mail-gateway" authorization "mail-gateway"')
  const login = { user: 'mail-gateway', password: PASSWORD }
  const pool = openPool({ ...server.connection, ...login, max: 8 })
  return pool
}

/**
 * @param config The section of veilig.yaml, without defaults.
 * @param overrides Of what the gateway is given.
 */
export async function startMailGateway(
  config: Readonly<Record<string, unknown>> = {},
  overrides: Partial<MailPorts> = {},
): Promise<TestMailGateway> {
  const server = await startPostgres()
  const folder = await temporaryFolder('mail')
  const pool = await mailPool(server)
  const receiver = new TestReceiver()
  const trail = new RecordingTrail()
  const clock = new ShiftedClock()
  const target = {
    kind: 'smarthost' as const,
    host: 'localhost',
    port: await receiver.listen(),
    tls: 'opportunistic' as const,
  }
  const senders = [{ name: 'application', domains: [DOMAIN], messagesPerMinute: 100_000 }]
  const given = mailGatewayConfig.parse({ senders, ...config })
  const parsed = { ...given, senders: [...given.senders, noticeSender(given)] }
  const ports: MailPorts = {
    clock,
    trail,
    pool,
    log: pino({ level: 'silent' }),
    deliver: deliverer(target, 'mail.localhost', ''),
    dkimKeys: () => dkimKeys,
    lookup: resolver,
    tokenKey: randomBytes(32),
    passwordsOf: () => Promise.resolve([PASSWORD]),
    tls: mailTls,
    port: 0,
    httpSocket: join(folder, 'http.sock'),
    publicOrigin: ORIGIN,
    ...overrides,
  }
  const running: MailGateway = await serve(parsed, ports)
  running.failed?.catch((error: FaultError) => {
    if (error.code === 'MAIL_STUMBLED') receiver.fail(error) // nobody shall wait for ever
  })
  const client = createTransport({
    host: 'localhost',
    port: running.port,
    requireTLS: true,
    auth: { user: 'application', pass: PASSWORD },
    tls: { ca: mailAuthority },
    pool: true,
    maxConnections: 4,
  })
  return {
    server,
    trail,
    clock,
    receiver,
    pool,
    ports,
    port: running.port,
    returnPort: running.returnPort,
    apiPort: running.apiPort,
    send: async (mail) => {
      const from = `Tennisclub <no-reply@${DOMAIN}>`
      const sent = await client.sendMail({ from, subject: 'Reservering', text: 'Baan 1', ...mail })
      return sent.response
    },
    http: (method, path, body, headers) =>
      socketRequest(ports.httpSocket, method, path, body, headers),
    failed: running.failed ?? new Promise(() => undefined),
    idle: () => untilIdle(pool, receiver),
    reset: async () => {
      await untilIdle(pool, receiver)
      await emptied(pool)
      trail.clear()
      receiver.mails.length = 0
      receiver.answer = () => 250
      clock.shiftMs = 0
    },
    [Symbol.asyncDispose]: async () => {
      client.close()
      await running[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
      await pool.end()
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** While the courier tidies up, either may be told to give way; then we try again. */
async function emptied(pool: pg.Pool): Promise<void> {
  const sql =
    'truncate message, subscription, delivery, victim_mail, suppression, submitted, report, rate ' +
    'cascade'
  await eventually('the tables to be ours', () =>
    pool.query(sql).catch((error: pg.DatabaseError) => {
      if (error.code === DEADLOCK) return undefined
      throw error
    }),
  )
}

const DEADLOCK = '40P01'

/** Until no delivery is under way, so that the next test meets an empty gateway. */
async function untilIdle(pool: pg.Pool, receiver: TestReceiver): Promise<void> {
  for (;;) {
    if (receiver.fault) throw receiver.fault
    const { rowCount } = await pool.query('select from delivery where claimed_by is not null')
    if (rowCount === 0) return
    await systemClock.sleep(10)
  }
}

async function socketRequest(
  socketPath: string,
  method: string,
  path: string,
  body = '',
  headers: Record<string, string> = {},
): Promise<Page> {
  const sent = request({
    socketPath,
    method,
    path,
    headers: { host: 'mail.localhost', ...headers },
  })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  return { status: response.statusCode ?? 0, text, headers: response.headers }
}

/** A client that says what it is told, over TLS and logged in unless told otherwise. */
export class RawSmtp {
  #socket: Socket
  #said = ''
  #wake: () => void = () => undefined
  #closed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#listen()
  }

  /** Connects and waits for the greeting. */
  static async connect(port: number): Promise<RawSmtp> {
    const client = new RawSmtp(connect({ port, host: '127.0.0.1', noDelay: true }))
    await client.reply()
    return client
  }

  /** Connected, over TLS, and, where that is asked for, logged in as the application. */
  static async ready(port: number, login = true): Promise<RawSmtp> {
    const client = await RawSmtp.connect(port)
    await client.say('EHLO raw.example')
    await client.secure()
    await client.say('EHLO raw.example')
    const proof = Buffer.from(`\0application\0${PASSWORD}`).toString('base64')
    if (login) await client.say(`AUTH PLAIN ${proof}`)
    return client
  }

  async secure(): Promise<void> {
    await this.say('STARTTLS')
    this.#socket.removeAllListeners()
    const secured = connectTls({ socket: this.#socket, servername: 'localhost', ca: mailAuthority })
    await once(secured, 'secureConnect')
    this.#socket = secured
    this.#listen()
  }

  #listen(): void {
    this.#socket.on('data', (bytes: Buffer) => {
      this.#said += bytes.toString('latin1')
      this.#wake()
    })
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => {
      this.#closed = true
      this.#wake()
    })
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** One line and its reply. */
  say(line: string): Promise<string> {
    this.write(`${line}\r\n`)
    return this.reply()
  }

  /** The next whole reply; 'closed' when the server hung up. */
  async reply(): Promise<string> {
    for (;;) {
      const whole = /^(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\n/.exec(this.#said)?.[0]
      if (whole !== undefined) {
        this.#said = this.#said.slice(whole.length)
        return whole.trimEnd()
      }
      if (this.#closed) return 'closed'
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Envelope and DATA; returns what the server says to the message. */
  async mail(to: string, message: string | Uint8Array): Promise<string> {
    await this.say(`MAIL FROM:<no-reply@${DOMAIN}>`)
    await this.say(`RCPT TO:<${to}>`)
    await this.say('DATA')
    this.write(Buffer.concat([Buffer.from(message), Buffer.from('\r\n.\r\n')]))
    return this.reply()
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** The unsubscribe link in a mail's header, as a path. */
export function unsubscribePath(mail: ReceivedMail): string {
  const unfolded = mail.text.replaceAll(/\r\n[ \t]+/g, ' ')
  const link = /^List-Unsubscribe: <([^>]+)>/m.exec(unfolded)?.[1] ?? ''
  return new URL(link).pathname
}
