/**
 * The door where programs hand in mail: SMTP with STARTTLS and AUTH, nothing without both.
 *
 * A message gets its `250` after the queue has it on disk and the audit trail knows it. Whatever is
 * refused is refused with a code that the program's author can look up.
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import type { AuditDetail } from '#audit/trail.ts'
import { DeniedError, FaultError, ProtocolError } from '#lib/errors.ts'
import type { MailGatewayConfig, SenderConfig } from './config.ts'
import { record, type MailEvent } from './events.ts'
import { SenderRate } from './limits.ts'
import { admit, recipientOf } from './policy.ts'
import type { MailPorts } from './ports.ts'
import type { Accepted, MailStore, Withheld } from './store.ts'

const SOCKET_TIMEOUT_MS = 60_000
const CLOSE_TIMEOUT_MS = 2_000
const AUTH_PAUSE_MS = 500
const AUTH_FAILURES_MAX = 3

export type Submission = AsyncDisposable & {
  readonly port: number
  /** Rejects when the trail or another part of the gateway can go on no longer. */
  readonly failed: Promise<never>
}

/** @param onAccepted Called after each accepted message: the courier may start. */
export async function startSubmission(
  config: MailGatewayConfig,
  ports: MailPorts,
  store: MailStore,
  onAccepted: () => void,
): Promise<Submission> {
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined) // whoever waits for it hears of it
  const desk = new Desk(config, ports, store, onAccepted, fail)
  const server = new SMTPServer({
    name: config.hostname,
    banner: 'Veilig',
    key: ports.tls.keyPem,
    cert: ports.tls.certificatePem,
    minVersion: 'TLSv1.2',
    authMethods: ['PLAIN', 'LOGIN'],
    size: config.sizeMax,
    maxClients: config.clientsMax,
    socketTimeout: SOCKET_TIMEOUT_MS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    disableReverseLookup: true,
    hideSMTPUTF8: true,
    logger: false,
    onAuth: (auth, session, callback) => {
      const login = desk.login(auth.username ?? '', auth.password ?? '', session)
      void answer(login, (error, user) => callback(error, { user }))
    },
    onMailFrom: (_address, _session, callback) => callback(),
    onRcptTo: (address, session, callback) => {
      try {
        desk.checkRecipient(address.address, session.envelope.rcptTo.length)
        callback()
      } catch (error) {
        callback(replyOf(error))
      }
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => {
        if (!stream.sizeExceeded) chunks.push(chunk)
      })
      stream.on('end', () => {
        const bytes = stream.sizeExceeded ? undefined : Buffer.concat(chunks)
        void answer(desk.take(bytes, session), (error, said) => {
          callback(error, said)
          if (error?.hangUp) hangUp(server, session)
        })
      })
    },
  })
  server.on('error', (error) => ports.log.debug({ code: errorCode(error) }, 'an SMTP client left'))
  const port = await listen(server, ports.port, config.listen)
  return {
    port,
    failed,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

/** Decides on logins, recipients and messages; knows nothing of sockets. */
class Desk {
  readonly #config: MailGatewayConfig
  readonly #ports: MailPorts
  readonly #store: MailStore
  readonly #onAccepted: () => void
  readonly #fail: (reason: unknown) => void
  readonly #rates = new Map<string, SenderRate>()
  readonly #authFailures = new WeakMap<SMTPServerSession, number>()

  constructor(
    config: MailGatewayConfig,
    ports: MailPorts,
    store: MailStore,
    onAccepted: () => void,
    fail: (reason: unknown) => void,
  ) {
    this.#config = config
    this.#ports = ports
    this.#store = store
    this.#onAccepted = onAccepted
    this.#fail = fail
  }

  /** @throws {DeniedError} MAIL_AUTH_FAILED, after a pause; the third time the connection ends. */
  async login(name: string, password: string, session: SMTPServerSession): Promise<SenderConfig> {
    const sender = this.#config.senders.find((known) => known.name === name)
    const expected = sender ? await this.#ports.passwordsOf(name) : []
    // Compared in any case, so that an unknown name takes as long as a wrong password.
    const right = sameSecret(password, expected[0] ?? '') && expected[0] !== undefined
    const taking = sameSecret(password, expected[1] ?? '') && expected[1] !== undefined
    if (sender !== undefined && (right || taking)) return sender
    const failures = (this.#authFailures.get(session) ?? 0) + 1
    this.#authFailures.set(session, failures)
    await this.#record('MAIL_AUTH_FAILED', { remote: session.remoteAddress, failures })
    await this.#ports.clock.sleep(AUTH_PAUSE_MS)
    if (failures >= AUTH_FAILURES_MAX) {
      throw Object.assign(new Error('too many failed logins'), { responseCode: 421 })
    }
    throw new DeniedError('MAIL_AUTH_FAILED', 'wrong name or password', 'wrong name or password')
  }

  /** @throws {DeniedError} MAIL_ADDRESS_INVALID, MAIL_RECIPIENTS_TOO_MANY. */
  checkRecipient(address: string, count: number): void {
    recipientOf(address)
    if (count >= this.#config.recipientsMax) {
      const said = `a message may have ${this.#config.recipientsMax} recipients`
      throw new DeniedError('MAIL_RECIPIENTS_TOO_MANY', said, said)
    }
  }

  /**
   * Accepts a message durably, or refuses it.
   *
   * @param bytes Undefined when it was larger than allowed.
   * @returns What follows `250`.
   */
  async take(bytes: Uint8Array | undefined, session: SMTPServerSession): Promise<string> {
    const sender = session.user as SenderConfig
    try {
      const accepted = await this.#accept(bytes, sender, session)
      const { queued, withheld } = accepted
      this.#onAccepted()
      const rest = withheld.length > 0 ? `, ${withheld.length} withheld` : ''
      return `2.0.0 ${accepted.messageId} queued for ${queued}${rest}`
    } catch (error) {
      if (error instanceof DeniedError || error instanceof ProtocolError) {
        await this.#record('MAIL_REFUSED', { sender: sender.name, code: error.code })
      }
      throw error
    }
  }

  async #accept(
    bytes: Uint8Array | undefined,
    sender: SenderConfig,
    session: SMTPServerSession,
  ): Promise<Accepted> {
    if (bytes === undefined) {
      const said = `a message may have ${this.#config.sizeMax} bytes`
      throw new DeniedError('MAIL_TOO_LARGE', said, said)
    }
    if (!this.#rateOf(sender).take(this.#ports.clock.monotonicMs())) {
      const said = `${sender.name} may send ${sender.messagesPerMinute} messages a minute`
      throw new DeniedError('MAIL_RATE_LIMIT', said, said)
    }
    const to = session.envelope.rcptTo.map((recipient) => recipient.address)
    const mail = admit(sender, to, bytes)
    return this.#store.accept(mail, this.#ports.clock.nowMs(), async (accepted) => {
      for (const { victimHash, why } of accepted.withheld) {
        await this.#record('MAIL_WITHHELD', { person: victimHash, why, sender: sender.name })
      }
      const [first] = accepted.withheld
      if (accepted.queued === 0) throw refusedFor(first?.why ?? 'MAIL_UNSUBSCRIBED')
      await this.#record('MAIL_ACCEPTED', {
        message: accepted.messageId,
        sender: sender.name,
        category: mail.category,
        list: mail.list,
        tenant: mail.tenant,
        recipients: accepted.queued,
        bytes: bytes.length,
      })
    })
  }

  #rateOf(sender: SenderConfig): SenderRate {
    let rate = this.#rates.get(sender.name)
    if (rate === undefined) {
      rate = new SenderRate(sender.messagesPerMinute, this.#ports.clock.monotonicMs())
      this.#rates.set(sender.name, rate)
    }
    return rate
  }

  /** A trail that cannot be written to ends the service: no record, no mail. */
  async #record(code: MailEvent, detail: AuditDetail): Promise<void> {
    try {
      await record(this.#ports.trail, code, detail)
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }
}

const withheldFor: Readonly<Record<Withheld['why'], string>> = {
  MAIL_VICTIM_LIMIT: 'this person has had as much mail as one may get in an hour or a day',
  MAIL_UNSUBSCRIBED: 'this person has unsubscribed from this list',
  MAIL_SUPPRESSED: 'mail to this address came back, or was complained of; staff can lift that',
}

function refusedFor(why: Withheld['why']): DeniedError {
  return new DeniedError(why, withheldFor[why], withheldFor[why])
}

/** Reply codes other than 550, by error code. RFC 5321 §4.2, enhanced by RFC 3463. */
const replies: Readonly<Record<string, readonly [code: number, enhanced: string]>> = {
  MAIL_AUTH_FAILED: [535, '5.7.8'],
  MAIL_ADDRESS_INVALID: [553, '5.1.3'],
  MAIL_BARE_LINE_END: [554, '5.6.0'],
  MAIL_NUL: [554, '5.6.0'],
  MAIL_QUEUE_FAILED: [451, '4.3.0'],
  MAIL_RATE_LIMIT: [451, '4.7.1'],
  MAIL_RECIPIENTS_TOO_MANY: [452, '4.5.3'],
  MAIL_TOO_LARGE: [552, '5.3.4'],
}

type Reply = Error & { responseCode?: number; hangUp?: boolean }

/** Waits for a decision and tells it to smtp-server in its own, callback way. */
async function answer<T>(
  decision: Promise<T>,
  tell: (error: Reply | null, result?: T) => void,
): Promise<void> {
  let result: T
  try {
    result = await decision
  } catch (error) {
    return tell(replyOf(error))
  }
  tell(null, result)
}

/** What the program is told: the code and a sentence, never what is inside. */
function replyOf(error: unknown): Reply {
  if (error instanceof DeniedError || error instanceof ProtocolError) {
    const [responseCode, enhanced] = replies[error.code] ?? [550, '5.7.1']
    const said = error instanceof DeniedError ? error.publicMessage : 'the message is malformed'
    const hangUp = error instanceof ProtocolError
    return Object.assign(new Error(`${enhanced} ${error.code} ${said}`), { responseCode, hangUp })
  }
  if (error instanceof FaultError) {
    const said = `4.3.0 ${error.code} nothing was kept; try again`
    return Object.assign(new Error(said), { responseCode: 451 })
  }
  return error as Error
}

function hangUp(server: SMTPServer, session: SMTPServerSession): void {
  for (const connection of server.connections) {
    if (connection.id === session.id) connection.close()
  }
}

function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

async function listen(server: SMTPServer, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE'
      const message = `cannot listen for mail on ${host}:${port}: ${cause.message}`
      reject(new FaultError(taken ? 'PORT_IN_USE' : 'LISTEN_FAILED', message, { cause }))
    })
    server.listen(port, host, () => resolve())
  })
  return (server.server.address() as AddressInfo).port
}

function errorCode(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.name
}
