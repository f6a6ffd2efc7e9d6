/**
 * One SFTP session: opened when needed, given up at the first fault, every call with a time limit.
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { Client, type ConnectConfig, type SFTPWrapper } from 'ssh2'
import { FaultError } from '#lib/errors.ts'

export type SftpLogin = {
  readonly host: string
  readonly port: number
  readonly user: string
  /** Read when a session begins: a password, or a private key as OpenSSH or PEM writes it. */
  readonly secret: () => Promise<{ readonly password?: string; readonly privateKey?: string }>
  /** `SHA256:…` as `ssh-keygen -l` prints it: no other server is spoken to. */
  readonly hostKey: string
  /** Longest that the server may take for one answer. */
  readonly timeoutMs: number
}

/** What SFTP version 3 says by number. Source: draft-ietf-secsh-filexfer-02 §7. */
export const NO_SUCH_FILE = 2
const STATUS_FAILURE = 4

export type SftpCallback<T> = (error: Error | null | undefined, value: T) => void

/** An answer of the server that is no success. */
export class SftpStatus extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export class SftpConnection {
  readonly #login: SftpLogin
  #session: Promise<Session> | undefined

  constructor(login: SftpLogin) {
    this.#login = login
  }

  /**
   * Runs one exchange. Faults close the session, so that the next call begins a new one.
   *
   * @throws {SftpStatus} The server refused. @throws {FaultError} STORE_FAILED.
   */
  async call<T>(act: (sftp: SFTPWrapper, done: SftpCallback<T>) => void): Promise<T> {
    const session = await this.#open()
    try {
      return await session.call(act, this.#login.timeoutMs)
    } catch (error) {
      if (error instanceof SftpStatus) throw error
      this.#session = undefined
      session.end()
      throw this.#fault(error)
    }
  }

  async end(): Promise<void> {
    const session = await this.#session?.catch(() => undefined)
    this.#session = undefined
    session?.end()
  }

  async #open(): Promise<Session> {
    const opening = (this.#session ??= Session.open(this.#login))
    try {
      return await opening
    } catch (error) {
      if (this.#session === opening) this.#session = undefined
      throw this.#fault(error)
    }
  }

  #fault(error: unknown): FaultError {
    if (error instanceof FaultError) return error
    const { host, port } = this.#login
    const message = error instanceof Error ? error.message : String(error)
    return new FaultError('STORE_FAILED', `${host}:${port}: ${message}`, { cause: error })
  }
}

class Session {
  readonly #client: Client
  readonly #sftp: SFTPWrapper
  readonly #socket: Socket
  readonly #ended: Promise<never>
  #calls = 0

  private constructor(client: Client, sftp: SFTPWrapper, socket: Socket, ended: Promise<never>) {
    this.#client = client
    this.#sftp = sftp
    this.#socket = socket.unref()
    this.#ended = ended
  }

  static async open(login: SftpLogin): Promise<Session> {
    const secret = await login.secret()
    const client = new Client()
    const socket = connect(login.port, login.host).setNoDelay(true) // every call awaits its answer
    const { promise: ended, reject } = Promise.withResolvers<never>()
    ended.catch(() => undefined) // heard by the calls in progress
    client.on('error', reject)
    client.on('close', () => reject(new Error('the connection was closed')))
    const ready = new Promise<SFTPWrapper>((resolve, fail) => {
      client.on('ready', () => {
        client.sftp((error, sftp) => (error ? fail(error) : resolve(sftp)))
      })
    })
    client.connect(settings(login, secret, socket))
    try {
      const opened = Promise.race([ready, ended])
      return new Session(client, await inTime(opened, login.timeoutMs), socket, ended)
    } catch (error) {
      client.destroy()
      socket.destroy()
      throw error
    }
  }

  async call<T>(
    act: (sftp: SFTPWrapper, done: SftpCallback<T>) => void,
    timeoutMs: number,
  ): Promise<T> {
    const answered = new Promise<T>((resolve, reject) => {
      act(this.#sftp, (error, value) => (error ? reject(statusOf(error)) : resolve(value)))
    })
    if (this.#calls++ === 0) this.#socket.ref() // an idle session keeps no process alive
    try {
      return await inTime(Promise.race([answered, this.#ended]), timeoutMs)
    } finally {
      if (--this.#calls === 0) this.#socket.unref()
    }
  }

  end(): void {
    this.#client.destroy()
  }
}

function settings(
  login: SftpLogin,
  secret: Awaited<ReturnType<SftpLogin['secret']>>,
  sock: Socket,
): ConnectConfig {
  const { user: username, hostKey, timeoutMs } = login
  return {
    sock,
    username,
    ...secret,
    readyTimeout: timeoutMs,
    hostVerifier: (key: Buffer) => isPinned(key, hostKey),
  }
}

/** Whether the server's key is the one that was named. */
function isPinned(key: Buffer, hostKey: string): boolean {
  const digest = createHash('sha256').update(key).digest()
  const pinned = Buffer.from(hostKey.replace(/^SHA256:/, ''), 'base64')
  return pinned.length === digest.length && timingSafeEqual(pinned, digest)
}

function statusOf(error: Error): Error {
  const { code } = error as { code?: unknown }
  if (typeof code === 'number') return new SftpStatus(code, error.message)
  // ssh2 throws this where the server lacks an extension: the same as a refusal.
  if (/does not support this extended request/.test(error.message)) {
    return new SftpStatus(STATUS_FAILURE, error.message)
  }
  return error
}

async function inTime<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
