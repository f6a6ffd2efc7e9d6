/**
 * One SMTP connection to a receiver: greeting, TLS as demanded, login, and mail after mail.
 *
 * Every wait has an end, and what the other side says decides nothing but its own mail. After the
 * final dot we wait as long as RFC 5321 §4.5.3.2.6 asks: giving up sooner sends a mail twice.
 *
 * @module
 */
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { ReplyReader, type SmtpReply } from '#protocol/smtp/reply.ts'
import type { Outcome } from '../ports.ts'
import { daneMatches, type Tlsa } from './dane.ts'

/** What must be true of the connection before a mail goes over it. */
export type TlsDemand =
  | { readonly kind: 'none' }
  /** Where it is offered, whoever shows whatever certificate (RFC 7435). */
  | { readonly kind: 'opportunistic'; readonly servername: string }
  /** A certificate of this name that the world's authorities, or `ca`, vouch for. */
  | { readonly kind: 'verified'; readonly servername: string; readonly ca?: string | undefined }
  /** What the receiver's own signed DNS says of its certificate (RFC 7672). */
  | { readonly kind: 'dane'; readonly servername: string; readonly records: readonly Tlsa[] }

export type Target = {
  /** Name or address, or the path of a unix socket. */
  readonly host: string
  readonly port?: number | undefined
  /** Our name in EHLO. */
  readonly name: string
  readonly tls: TlsDemand
  readonly login?: { readonly user: string; readonly password: string } | undefined
}

export type Waits = {
  readonly connectMs: number
  readonly replyMs: number
  /** From the final dot to its answer. */
  readonly acceptMs: number
}

/** RFC 5321 §4.5.3.2, somewhat less patient where nothing is lost by it. */
export const standardWaits: Waits = { connectMs: 20_000, replyMs: 120_000, acceptMs: 600_000 }

/** Why there is no connection, or no more. `tls` when it was the handshake. */
export class SessionFault extends Error {
  readonly reply: string
  readonly tls: boolean

  constructor(reply: string, tls = false) {
    super(reply)
    this.reply = reply
    this.tls = tls
  }
}

export class SmtpSession {
  /** Mails that were handed over. */
  sent = 0
  /** Whether the mail under way was written whole: then only its receiver knows its fate. */
  handed = false
  #socket: Socket
  #reader = new ReplyReader()
  readonly #waits: Waits
  readonly #replies: SmtpReply[] = []
  #fault: SessionFault | undefined
  #wake: () => void = () => undefined
  #offers: ReadonlySet<string> = new Set()

  private constructor(socket: Socket, waits: Waits) {
    this.#socket = socket
    this.#waits = waits
    this.#listen()
  }

  /** @throws {SessionFault} When it comes to no session as demanded. */
  static async open(target: Target, waits: Waits): Promise<SmtpSession> {
    const { host, port, tls, login } = target
    const socket = port === undefined ? connectPlain(host) : connectPlain({ host, port })
    socket.setNoDelay(true)
    const session = new SmtpSession(socket, waits)
    try {
      const greeting = await session.#reply(waits.connectMs)
      if (greeting.code !== 220) throw new SessionFault(greeting.text)
      await session.#hello(target.name)
      if (tls.kind !== 'none') await session.#secure(target)
      if (login) await session.#login(login)
      return session
    } catch (error) {
      session.close()
      throw error
    }
  }

  /** Whether another mail can go over it. */
  get isOpen(): boolean {
    return this.#fault === undefined && !this.#socket.destroyed
  }

  /**
   * One mail to one person.
   *
   * @throws {SessionFault} When the connection ends before the mail's fate is told.
   */
  async send(from: string, to: string, bytes: Uint8Array): Promise<Outcome> {
    this.handed = false
    const isEightBit = bytes.some((byte) => byte > 127) && this.#offers.has('8BITMIME')
    const size = this.#offers.has('SIZE') ? ` SIZE=${bytes.length}` : ''
    const mail = `MAIL FROM:<${from}>${size}${isEightBit ? ' BODY=8BITMIME' : ''}`
    const commands = [mail, `RCPT TO:<${to}>`, 'DATA']
    const { replyMs, acceptMs } = this.#waits
    const pipelined = this.#offers.has('PIPELINING')
    if (pipelined) this.#write(`${commands.join('\r\n')}\r\n`)
    let refused: SmtpReply | undefined
    for (const [at, command] of commands.entries()) {
      if (!pipelined) this.#write(`${command}\r\n`)
      const reply = await this.#reply(replyMs)
      const isGood = at === 2 ? reply.code === 354 : reply.code < 300
      if (!isGood) refused ??= reply
      // Nobody to write to, and yet it waits for a message: it gets an empty one, RFC 2920 §3.1.
      else if (at === 2 && refused) await this.#nothing()
      if (refused && !pipelined) break
    }
    if (refused) {
      await this.#reset()
      return outcomeOf(refused)
    }
    this.handed = true
    this.#write(stuffed(bytes))
    const said = await this.#reply(acceptMs)
    if (said.code < 300) this.sent++
    return outcomeOf(said)
  }

  /** Says goodbye and waits for nothing. */
  close(): void {
    if (this.isOpen) this.#socket.end('QUIT\r\n')
    this.#socket.setTimeout(1000, () => this.#socket.destroy())
    if (this.#fault) this.#socket.destroy()
  }

  async #nothing(): Promise<void> {
    this.#write('.\r\n')
    await this.#reply(this.#waits.replyMs)
  }

  async #reset(): Promise<void> {
    if (!this.isOpen) return
    this.#write('RSET\r\n')
    const { code } = await this.#reply(this.#waits.replyMs)
    if (code >= 300) this.close()
  }

  async #hello(name: string): Promise<void> {
    this.#write(`EHLO ${name}\r\n`)
    let reply = await this.#reply(this.#waits.replyMs)
    if (reply.code >= 500) {
      this.#write(`HELO ${name}\r\n`)
      reply = await this.#reply(this.#waits.replyMs)
    }
    if (reply.code !== 250) throw new SessionFault(reply.text)
    this.#offers = new Set(
      reply.lines.slice(1).map((line) => line.split(' ')[0]?.toUpperCase() ?? ''),
    )
  }

  async #secure({ tls, name }: Target): Promise<void> {
    if (tls.kind === 'none') return
    if (!this.#offers.has('STARTTLS')) {
      if (tls.kind === 'opportunistic') return
      throw new SessionFault('the server offers no TLS, and its domain says that it must', true)
    }
    this.#write('STARTTLS\r\n')
    const reply = await this.#reply(this.#waits.replyMs)
    if (reply.code !== 220) throw new SessionFault(reply.text, true)
    // What came before the handshake may be a stranger's; after it nothing of it counts.
    if (this.#reader.pending > 0 || this.#replies.length > 0)
      throw new SessionFault('the server said more before TLS than it may', true)
    await this.#handshake(tls)
    await this.#hello(name)
  }

  async #handshake(tls: Exclude<TlsDemand, { kind: 'none' }>): Promise<void> {
    const plain = this.#socket
    plain.removeAllListeners('data').removeAllListeners('error').removeAllListeners('close')
    const secured = connectTls({
      socket: plain,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: tls.kind === 'verified',
      ...(tls.servername === '' ? {} : { servername: tls.servername }),
      ...(tls.kind === 'verified' && tls.ca !== undefined ? { ca: tls.ca } : {}),
    })
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => secured.destroy(new Error('no end')), this.#waits.connectMs)
      const fail = (error?: Error): void => {
        clearTimeout(late)
        reject(new SessionFault(`TLS: ${error?.message ?? 'the connection ended'}`, true))
      }
      secured.once('error', fail).once('close', () => fail())
      secured.once('secureConnect', () => {
        clearTimeout(late)
        secured.removeAllListeners('error').removeAllListeners('close')
        resolve()
      })
    })
    this.#socket = secured
    this.#reader = new ReplyReader()
    this.#listen()
    if (tls.kind === 'dane') this.#checkDane(secured, tls)
  }

  #checkDane(socket: TLSSocket, tls: Extract<TlsDemand, { kind: 'dane' }>): void {
    const certificate = socket.getPeerX509Certificate()
    if (certificate && daneMatches(tls.records, certificate, tls.servername, Date.now())) return
    throw new SessionFault('TLS: the certificate is none that the domain published (DANE)', true)
  }

  async #login({ user, password }: { user: string; password: string }): Promise<void> {
    const proof = Buffer.from(`\0${user}\0${password}`).toString('base64')
    this.#write(`AUTH PLAIN ${proof}\r\n`)
    const reply = await this.#reply(this.#waits.replyMs)
    if (reply.code !== 235) throw new SessionFault(`our login was refused: ${reply.text}`)
  }

  #write(text: string | Uint8Array): void {
    if (this.isOpen) this.#socket.write(text)
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      try {
        this.#replies.push(...this.#reader.push(chunk))
        this.#wake()
      } catch (error) {
        this.#fail((error as Error).message)
      }
    })
    this.#socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#fail(error.code ?? error.message),
    )
    this.#socket.on('close', () => this.#fail('the connection ended'))
  }

  #fail(reply: string): void {
    this.#fault ??= new SessionFault(reply)
    this.#socket.destroy()
    this.#wake()
  }

  /** @throws {SessionFault} */
  async #reply(waitMs: number): Promise<SmtpReply> {
    const late = setTimeout(() => this.#fail(`no answer in ${waitMs / 1000} s`), waitMs)
    try {
      for (;;) {
        const reply = this.#replies.shift()
        // 421 ends the session whatever it answers, RFC 5321 §3.8.
        if (reply?.code === 421) {
          this.#fail(reply.text)
          throw new SessionFault(reply.text)
        }
        if (reply) return reply
        if (this.#fault) throw this.#fault
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      clearTimeout(late)
    }
  }
}

function outcomeOf(reply: SmtpReply): Outcome {
  const kind = reply.code < 300 ? 'delivered' : reply.code >= 500 ? 'refused' : 'later'
  return { kind, reply: shortReply(reply.text) }
}

/** What is kept of a receiver's words. */
export function shortReply(text: string): string {
  return text.slice(0, REPLY_MAX_CHARS)
}

const REPLY_MAX_CHARS = 500

/** The message as DATA carries it: dots at the begin of a line doubled, the end marked. */
function stuffed(bytes: Uint8Array): Buffer {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const body = `\r\n${text}`.replaceAll('\r\n.', '\r\n..').slice(2)
  return Buffer.from(`${body}${body.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, 'latin1')
}
