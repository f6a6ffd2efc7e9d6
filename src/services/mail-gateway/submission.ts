/**
 * The door where programs hand in mail: SMTP with STARTTLS and AUTH, nothing without both.
 *
 * A message gets its `250` after the queue has it on disk and the audit trail knows it. Whatever is
 * refused is refused with a code that the program's author can look up.
 *
 * @module
 */
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import { DeniedError, FaultError, ProtocolError } from '#lib/errors.ts'
import type { Accepted } from './accept.ts'
import type { MailGatewayConfig, SenderConfig } from './config.ts'
import type { Intake } from './intake.ts'
import type { MailPorts } from './ports.ts'
import { followPair, pairOf } from './shown-tls.ts'

const SOCKET_TIMEOUT_MS = 60_000
const CLOSE_TIMEOUT_MS = 2_000
const AUTH_FAILURES_MAX = 3

export type Submission = AsyncDisposable & {
  readonly port: number
}

/** What follows `250`. */
function wordsFor({ messageId, queued, withheld }: Accepted): string {
  const rest = withheld.length > 0 ? `, ${withheld.length} withheld` : ''
  return `2.0.0 ${messageId} queued for ${queued}${rest}`
}

/** @throws {FaultError} PORT_IN_USE, LISTEN_FAILED. */
export async function startSubmission(
  config: MailGatewayConfig,
  ports: MailPorts,
  intake: Intake,
): Promise<Submission> {
  const authFailures = new WeakMap<SMTPServerSession, number>()
  const login = async (name: string, password: string, session: SMTPServerSession) => {
    const sender = await intake.login(name, password, session.remoteAddress)
    if (sender) return sender
    const failures = (authFailures.get(session) ?? 0) + 1
    authFailures.set(session, failures)
    if (failures >= AUTH_FAILURES_MAX) {
      throw Object.assign(new Error('too many failed logins'), { responseCode: 421 })
    }
    throw new DeniedError('MAIL_AUTH_FAILED', 'wrong name or password', 'wrong name or password')
  }
  const server = new SMTPServer({
    name: config.hostname,
    banner: 'Veilig',
    ...pairOf(ports.tls),
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
      const decision = login(auth.username ?? '', auth.password ?? '', session)
      void answer(decision, (error, user) => callback(error, { user }))
    },
    onMailFrom: (_address, _session, callback) => callback(),
    onRcptTo: (address, session, callback) => {
      try {
        intake.checkRecipient(address.address, session.envelope.rcptTo.length)
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
        const to = session.envelope.rcptTo.map((recipient) => recipient.address)
        const decision = intake.take(session.user as SenderConfig, to, bytes).then(wordsFor)
        void answer(decision, (error, said) => {
          callback(error, said)
          if (error?.hangUp) hangUp(server, session)
        })
      })
    },
  })
  server.on('error', (error) => ports.log.debug({ code: errorCode(error) }, 'an SMTP client left'))
  const port = await listen(server, ports.port, config.listen)
  const following = followPair(ports, (pair) => server.updateSecureContext(pair))
  return {
    port,
    [Symbol.asyncDispose]: () => {
      following[Symbol.dispose]()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Reply codes other than 550, by error code. RFC 5321 §4.2, enhanced by RFC 3463. */
const replies: Readonly<Record<string, readonly [code: number, enhanced: string]>> = {
  MAIL_AUTH_FAILED: [535, '5.7.8'],
  MAIL_ADDRESS_INVALID: [553, '5.1.3'],
  MAIL_BARE_LINE_END: [554, '5.6.0'],
  MAIL_DOMAIN_RATE: [451, '4.7.1'],
  MAIL_NUL: [554, '5.6.0'],
  MAIL_QUEUE_FAILED: [451, '4.3.0'],
  MAIL_RATE_LIMIT: [451, '4.7.1'],
  MAIL_RECIPIENTS_TOO_MANY: [452, '4.5.3'],
  MAIL_TENANT_RATE: [451, '4.7.1'],
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
