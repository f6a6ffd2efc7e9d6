/**
 * Where mail comes back: SMTP on the name that the bounce domain's MX names.
 *
 * Only addresses that we made are taken, so nobody's guess is; nothing is ever answered by mail.
 *
 * @module
 */
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { DeniedError, FaultError, VeiligError } from '#lib/errors.ts'
import { readReport } from '#protocol/mail/delivery-report.ts'
import type { MailGatewayConfig } from './config.ts'
import type { MailPorts } from './ports.ts'
import type { ReportDesk } from './reports/desk.ts'
import type { Returns } from './returns.ts'
import { followPair, pairOf } from './shown-tls.ts'

const SIZE_MAX = 8 * 1024 * 1024
/** Of a bounce or complaint: what follows is the mail it is about. */
const READ_MAX = 1024 * 1024
const CLIENTS_MAX = 50
const SOCKET_TIMEOUT_MS = 60_000
const CLOSE_TIMEOUT_MS = 2_000
/** To whom feedback loops are registered: `complaints@bounces.DOMAIN`. */
const COMPLAINTS = /^complaints@/i
/** What `_dmarc` and `_smtp._tls` name: `reports@bounces.DOMAIN`. */
const REPORTS = /^reports@/i

export type ReturnDoor = AsyncDisposable & { readonly port: number }

/** @throws {FaultError} LISTEN_FAILED. */
export async function openReturnDoor(
  place: NonNullable<MailGatewayConfig['returns']>,
  hostname: string,
  ports: MailPorts,
  returns: Returns,
  reports: ReportDesk,
): Promise<ReturnDoor> {
  const server = new SMTPServer({
    name: hostname,
    banner: 'Veilig',
    ...pairOf(ports.tls),
    minVersion: 'TLSv1.2',
    disabledCommands: ['AUTH'],
    authOptional: true,
    size: SIZE_MAX,
    maxClients: CLIENTS_MAX,
    socketTimeout: SOCKET_TIMEOUT_MS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    disableReverseLookup: true,
    hideSMTPUTF8: true,
    logger: false,
    onRcptTo: ({ address }, session, callback) => {
      const isFirst = session.envelope.rcptTo.length === 0
      void answer(recipientFault(address, isFirst, returns), callback)
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => {
        if (!stream.sizeExceeded) chunks.push(chunk)
      })
      stream.on('end', () => {
        const to = session.envelope.rcptTo[0]?.address ?? ''
        if (stream.sizeExceeded) return callback(reply(552, '5.3.4 too large'))
        const mail = Buffer.concat(chunks)
        if (REPORTS.test(to)) {
          const { remoteAddress: ip, hostNameAppearsAs: helo, envelope } = session
          const envelopeFrom = envelope.mailFrom ? envelope.mailFrom.address : ''
          return void answer(taken(reports.take(mail, { envelopeFrom, ip, helo })), callback)
        }
        const report = readReport(mail.subarray(0, READ_MAX))
        // An automatic answer, or a person's: taken, and not kept.
        void answer(report ? returns.hear(to, report) : Promise.resolve(), callback)
      })
    },
  })
  server.on('error', () => undefined) // a client left
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', (cause) => {
      const message = `cannot listen for returned mail on port ${place.port}: ${cause.message}`
      reject(new FaultError('LISTEN_FAILED', message, { cause }))
    })
    server.listen(place.port, place.listen, resolve)
  })
  const following = followPair(ports, (pair) => server.updateSecureContext(pair))
  return {
    port: (server.server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => {
      following[Symbol.dispose]()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function recipientFault(
  address: string,
  isFirst: boolean,
  returns: Returns,
): Promise<Error | null> {
  if (!isFirst) return reply(452, 'one at a time')
  if (COMPLAINTS.test(address) || REPORTS.test(address)) return null
  if (await returns.isKnown(address)) return null
  return reply(550, '5.1.1 nobody is here')
}

/** What is no report, or nobody's, is refused for good: its sender is told why. */
async function taken(work: Promise<unknown>): Promise<Error | null> {
  try {
    await work
    return null
  } catch (error) {
    if (!(error instanceof VeiligError) || error instanceof FaultError) throw error
    const said = error instanceof DeniedError ? error.publicMessage : 'the mail is malformed'
    return reply(550, `5.7.1 ${error.code} ${said}`)
  }
}

/** When the store does not answer, the other side shall come again. */
async function answer(
  decision: Promise<Error | null | void>,
  tell: (error?: Error | null) => void,
): Promise<void> {
  let fault: Error | null | void
  try {
    fault = await decision
  } catch {
    fault = reply(451, '4.3.0 try again')
  }
  tell(fault ?? null)
}

function reply(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}
