/**
 * Monitors of names, certificates and mail servers: each asks what a client would, up to the first
 * proof that it would be served.
 *
 * @module
 */
import { once } from 'node:events'
import { Resolver } from 'node:dns/promises'
import { connect } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { MonitorConfig } from '../config.ts'
import { NotUp, type Found } from './look.ts'
import { certificateEnds, conversation } from './monitors.ts'

type Of<K extends MonitorConfig['kind']> = Extract<MonitorConfig, { kind: K }>

const DAY_MS = 86_400_000
const TRIES = 1

/** A name server answers the question, and with what is expected where that is said. */
export async function lookDns(
  { host, port, name, type, expect }: Of<'dns'>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Found> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: TRIES })
  resolver.setServers([host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`])
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const found = await resolver.resolve(name, type)
    const answers = (found as readonly unknown[]).map(answerText)
    if (expect !== undefined && !answers.includes(expect)) throw new NotUp('WRONG_ANSWER')
    return {}
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === 'ENOTFOUND' || code === 'ENODATA') throw new NotUp('NAME_UNKNOWN')
    if (code === 'ETIMEOUT' || code === 'ECANCELLED') throw new NotUp('TIMED_OUT')
    throw error
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** TXT comes in pieces, MX as an object: what is expected is written as one line. */
function answerText(answer: unknown): string {
  if (Array.isArray(answer)) return answer.join('')
  const { priority, exchange } = answer as { priority?: number; exchange?: string }
  return exchange === undefined ? String(answer) : `${priority} ${exchange}`
}

/** A certificate that verifies for its name, and for some days yet. */
export async function lookTls(
  { host, port, hostName, daysLeft }: Of<'tls'>,
  ca: string | undefined,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<Found> {
  const options = { host, port, servername: hostName, ...(ca === undefined ? {} : { ca }) }
  const socket = connectTls(options)
  return conversation(socket, signal, async () => {
    await once(socket, 'secureConnect', { signal })
    const found = certificateEnds(socket)
    const leftMs = (found.certificateEndsMs ?? Infinity) - nowMs()
    return leftMs < daysLeft * DAY_MS ? { ...found, reason: 'CERTIFICATE_ENDS' } : found
  })
}

/** A mail server greets, takes EHLO, and encrypts with a certificate that verifies. */
export async function lookSmtp(
  { host, port, hostName }: Of<'smtp'>,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Found> {
  const plain = connect({ host, port })
  return conversation(plain, signal, async () => {
    await once(plain, 'connect', { signal })
    await reply(plain, '220', signal)
    plain.write('EHLO veilig-status\r\n')
    const offers = await reply(plain, '250', signal)
    if (!/^250[ -]STARTTLS\r?$/im.test(offers)) throw new NotUp('NO_STARTTLS')
    plain.write('STARTTLS\r\n')
    await reply(plain, '220', signal)
    const given = ca === undefined ? {} : { ca }
    const secure = connectTls({ socket: plain, servername: hostName, ...given })
    return conversation(secure, signal, async () => {
      await once(secure, 'secureConnect', { signal })
      secure.write('QUIT\r\n')
      return certificateEnds(secure)
    })
  })
}

const REPLY_MAX = 8192

/** A whole reply (RFC 5321 §4.2.1): its last line has a space after the code. */
async function reply(
  socket: ReturnType<typeof connect> | TLSSocket,
  code: string,
  signal: AbortSignal,
): Promise<string> {
  let text = ''
  while (!/^\d{3} .*\r?\n$/m.test(text)) {
    const [chunk] = (await Promise.race([
      once(socket, 'data', { signal }),
      once(socket, 'close', { signal }).then(() => Promise.reject(new NotUp('CLOSED'))),
    ])) as [Buffer]
    text += chunk.toString('latin1')
    if (text.length > REPLY_MAX) throw new NotUp('WRONG_ANSWER')
  }
  if (!text.startsWith(code)) throw new NotUp('WRONG_ANSWER')
  return text
}
