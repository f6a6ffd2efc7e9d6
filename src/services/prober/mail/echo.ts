/**
 * The prober's own mailbox: where the sampled mails of the mail probes arrive.
 *
 * @module
 */
import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import { SMTPServer } from 'smtp-server'

const SIZE_MAX = 1024 * 1024
const KEPT_MAX = 200
const CLIENTS_MAX = 20
const TIMEOUT_MS = 10_000

/** A sampled mail as it arrived. */
export type EchoedMail = { readonly to: string; readonly from: string; readonly bytes: Buffer }

/** Receives on a unix socket, keeps the newest, tells whoever waits. */
export class MailEcho {
  readonly #server: SMTPServer
  readonly #socket: string
  readonly #mails: EchoedMail[] = []
  #waiting: (() => void)[] = []

  constructor(socket: string) {
    this.#socket = socket
    this.#server = new SMTPServer({
      name: 'probe.invalid',
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'], // a unix socket: nobody listens in
      disableReverseLookup: true,
      size: SIZE_MAX,
      rejectOversized: true,
      maxClients: CLIENTS_MAX,
      socketTimeout: TIMEOUT_MS,
      closeTimeout: 500,
      logger: false,
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => void (stream.sizeExceeded || chunks.push(chunk)))
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope
          const from = mailFrom ? mailFrom.address : ''
          this.#keep({ to: rcptTo[0]?.address ?? '', from, bytes: Buffer.concat(chunks) })
          callback()
        })
      },
    })
    this.#server.on('error', () => undefined) // a client went away in the middle
  }

  async listen(): Promise<void> {
    await rm(this.#socket, { force: true }) // of a process that was killed
    this.#server.listen(this.#socket)
    await once(this.#server.server, 'listening')
    await chmod(this.#socket, 0o600)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  /** Mails to any address that contains `nonce`, in lower case, so far. */
  of(nonce: string): readonly EchoedMail[] {
    return this.#mails.filter(({ to }) => to.toLowerCase().includes(nonce))
  }

  /** Waits until so many have come, or until `signal` aborts; returns what came. */
  async wait(nonce: string, count: number, signal: AbortSignal): Promise<readonly EchoedMail[]> {
    while (this.of(nonce).length < count && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    return this.of(nonce)
  }

  #keep(mail: EchoedMail): void {
    this.#mails.push(mail)
    if (this.#mails.length > KEPT_MAX) this.#mails.shift()
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
