/**
 * One question to a TLS server on a connection of its own.
 *
 * @module
 */
import { connect, type Socket } from 'node:net'
import { FaultError } from '#lib/errors.ts'
import { readFlight, type Flight } from '#protocol/tls/server-flight.ts'

export type TlsAddress = { readonly host: string; readonly port: number }

const PATIENCE_MS = 4_000
const REPLY_MAX_BYTES = 256 * 1024

/** A connection whose answers are collected. */
export class Question implements Disposable {
  readonly #socket: Socket
  readonly #signal: AbortSignal
  #bytes = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => undefined

  private constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket
    this.#signal = signal
    socket.on('data', (chunk: Buffer) => {
      if (this.#bytes.length > REPLY_MAX_BYTES) return void socket.destroy()
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#wake()
    })
    socket.on('error', () => undefined) // a reset says as much as a close
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** @throws {FaultError} GRADE_NOT_REACHED. */
  static async open({ host, port }: TlsAddress, signal: AbortSignal): Promise<Question> {
    signal.throwIfAborted()
    const socket = connect({ host, port, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('no connection')), PATIENCE_MS)
      const done = (): void => clearTimeout(timer)
      socket.once('connect', () => {
        done()
        resolve()
      })
      socket.once('error', (cause) => {
        done()
        const message = `${host}:${port} takes no connection: ${cause.message}`
        reject(new FaultError('GRADE_NOT_REACHED', message, { cause }))
      })
    })
    return new Question(socket, signal)
  }

  send(bytes: Uint8Array): void {
    if (!this.#ended) this.#socket.write(bytes)
  }

  /** What came since the last `forget`. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  get ended(): boolean {
    return this.#ended
  }

  forget(): void {
    this.#bytes = Buffer.alloc(0)
  }

  /** Waits until enough has come, the server has closed, or patience ends. */
  async until(
    enough: (bytes: Uint8Array) => boolean,
    patienceMs: number = PATIENCE_MS,
  ): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, patienceMs)
    this.#signal.addEventListener('abort', () => resolve(), { once: true })
    this.#wake = () => {
      if (this.#ended || enough(this.#bytes)) resolve()
    }
    this.#wake()
    await promise
    clearTimeout(timer)
    this.#signal.throwIfAborted()
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}

/** Sends a hello and reads what comes in the clear. */
export async function askHello(
  address: TlsAddress,
  hello: Uint8Array,
  signal: AbortSignal,
): Promise<Flight> {
  using question = await Question.open(address, signal)
  question.send(hello)
  await question.until((bytes) => {
    const { complete, sane } = readFlight(bytes)
    return complete || !sane
  })
  return readFlight(question.bytes)
}
