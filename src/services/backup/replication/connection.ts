/**
 * One replication connection: who we are, one command at a time, its rows or its stream.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { FaultError, ProtocolError } from '#lib/errors.ts'
import {
  BackendFrameReader,
  type BackendFrame,
} from '#protocol/postgres/replication/backend-frame.ts'
import { parseLsn, parseTimeline, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import {
  decodeAuthentication,
  decodeParameter,
  decodeReport,
  decodeRow,
  encodeCopyData,
  encodeCopyDone,
  encodeQuery,
  encodeSaslInitial,
  encodeSaslResponse,
  encodeStartup,
  encodeTerminate,
  quoteName,
  type ServerReport,
} from '#protocol/postgres/replication/messages.ts'
import { ScramClient } from '#crypto/scram.ts'
import { passwordNow, type Password } from '#system/secret-file.ts'
import { dial, type ByteStream, type ServerAddress } from './dial.ts'
import { faultFrom } from './server-faults.ts'

export type Login = {
  readonly address: ServerAddress
  readonly user: string
  readonly password: Password
  /** Named: the connection takes SQL too. */
  readonly database?: string
}

export type SystemIdentity = {
  readonly systemIdentifier: bigint
  readonly timeline: number
  /** One past the last WAL the server has flushed. */
  readonly flushLsn: Lsn
}

export type Row = readonly (string | null)[]

const SCRAM = 'SCRAM-SHA-256'
const NONCE_BYTES = 18
const ROWS_MAX = 100_000
const UPLOAD_BYTES = 64 * 1024

export class ReplicationConnection implements Disposable {
  readonly #stream: ByteStream
  readonly #reader: BackendFrameReader
  readonly #parameters = new Map<string, string>()
  /** Frames read and not yet taken. */
  #frames: BackendFrame[] = []
  /** Stops listening to the signal that would end us. */
  #forget: () => void = () => undefined
  #onNotice: (report: ServerReport) => void = () => undefined

  private constructor(stream: ByteStream, reuse: boolean) {
    this.#stream = stream
    this.#reader = new BackendFrameReader(reuse)
  }

  /**
   * Connects and proves who we are, by SCRAM-SHA-256 only.
   *
   * @param applicationName As pg_stat_replication and synchronous_standby_names see us.
   * @param reuse A frame's body then lasts only until the next frame is taken: for much data.
   * @throws {FaultError} DATABASE_…, with what to do. @throws {DeniedError} SCRAM_SERVER_UNPROVEN.
   */
  static async open(
    login: Login,
    applicationName: string,
    signal?: AbortSignal,
    reuse = false,
  ): Promise<ReplicationConnection> {
    const stream = await dial(login.address, signal, reuse)
    const connection = new ReplicationConnection(stream, reuse)
    connection.#disposeOn(signal)
    try {
      stream.write(encodeStartup({ ...login, applicationName }))
      await connection.#authenticate(await passwordNow(login.password))
      await connection.#untilReady()
      return connection
    } catch (error) {
      connection[Symbol.dispose]()
      throw error
    }
  }

  #disposeOn(signal: AbortSignal | undefined): void {
    const abort = (): void => this[Symbol.dispose]()
    signal?.addEventListener('abort', abort, { once: true })
    this.#forget = () => signal?.removeEventListener('abort', abort)
  }

  async #authenticate(password: string): Promise<void> {
    const nonce = randomBytes(NONCE_BYTES).toString('base64')
    const scram = new ScramClient({ password, nonce })
    let proven = false
    for (;;) {
      const frame = await this.next()
      if (frame.name !== 'Authentication') throw unexpected(frame, 'authentication')
      const wanted = decodeAuthentication(frame.body)
      if (wanted.kind === 'sasl' && wanted.mechanisms.includes(SCRAM)) {
        this.#stream.write(encodeSaslInitial(SCRAM, scram.first()))
      } else if (wanted.kind === 'sasl-continue') {
        this.#stream.write(encodeSaslResponse(scram.final(wanted.data)))
      } else if (wanted.kind === 'sasl-final') {
        scram.verify(wanted.data)
        proven = true
      } else if (wanted.kind === 'ok' && proven) {
        return
      } else {
        const way = wanted.kind === 'unsafe' ? wanted.name : 'no proof at all'
        const message = `PostgreSQL asks for ${way}; use scram-sha-256 in pg_hba.conf for this role`
        throw new FaultError('DATABASE_NOT_SCRAM', message)
      }
    }
  }

  async #untilReady(): Promise<void> {
    for (;;) {
      const frame = await this.next()
      if (frame.name === 'ReadyForQuery') return
      if (frame.name !== 'BackendKeyData') throw unexpected(frame, 'the start')
    }
  }

  /** What the server said of itself, for example `server_version`. */
  parameter(name: string): string | undefined {
    return this.#parameters.get(name)
  }

  /** Major version of the server, for example 18. */
  get major(): number {
    return Number.parseInt(this.#parameters.get('server_version') ?? '0', 10)
  }

  /** Hears notices and warnings from now on. */
  onNotice(hear: (report: ServerReport) => void): void {
    this.#onNotice = hear
  }

  /** Runs one command that answers with rows. @throws {FaultError} As the server refuses. */
  async query(command: string): Promise<readonly Row[]> {
    this.send(command)
    const rows: Row[] = []
    let refused: FaultError | undefined
    for (;;) {
      const frame = await this.take()
      if (frame.name === 'ErrorResponse') refused = faultFrom(decodeReport(frame.body))
      else if (frame.name === 'DataRow' && rows.length < ROWS_MAX) rows.push(decodeRow(frame.body))
      else if (frame.name === 'ReadyForQuery') break
      else if (frame.name !== 'RowDescription' && frame.name !== 'CommandComplete') {
        throw unexpected(frame, command)
      }
    }
    if (refused) throw refused
    return rows
  }

  async show(setting: string): Promise<string> {
    return (await this.query(`SHOW ${quoteName(setting)}`))[0]?.[0] ?? ''
  }

  async identifySystem(): Promise<SystemIdentity> {
    const [row] = await this.query('IDENTIFY_SYSTEM')
    const [id, timeline, flushLsn] = row ?? []
    if (!id || !/^[0-9]{1,20}$/.test(id) || !timeline || !flushLsn) {
      throw new ProtocolError('PG_VALUE_INVALID', 'IDENTIFY_SYSTEM answered something else')
    }
    return {
      systemIdentifier: BigInt(id),
      timeline: parseTimeline(timeline),
      flushLsn: parseLsn(flushLsn),
    }
  }

  /**
   * Begins a command that streams both ways. After it, take frames and send copy data.
   *
   * @returns Why the server refuses; the connection is then free for another command.
   */
  async startCopyBoth(command: string): Promise<FaultError | undefined> {
    this.send(command)
    const first = await this.take()
    if (first.name === 'CopyBothResponse') return undefined
    if (first.name !== 'ErrorResponse') throw unexpected(first, command)
    await this.#untilReady()
    return faultFrom(decodeReport(first.body))
  }

  /**
   * Gives the server the manifest of an earlier backup; the next BASE_BACKUP of this connection may
   * then be incremental. PostgreSQL 17 and newer.
   *
   * @throws {FaultError} BACKUP_DIFFERENCE_REFUSED, as the server refuses.
   */
  async uploadManifest(manifest: Uint8Array): Promise<void> {
    this.send('UPLOAD_MANIFEST')
    const first = await this.next()
    if (first.name !== 'CopyInResponse') throw unexpected(first, 'UPLOAD_MANIFEST')
    for (let at = 0; at < manifest.length; at += UPLOAD_BYTES) {
      this.sendCopyData(manifest.subarray(at, at + UPLOAD_BYTES))
      await this.#stream.drained()
    }
    this.sendCopyDone()
    for (;;) {
      const frame = await this.next()
      if (frame.name === 'ReadyForQuery') return
      if (frame.name !== 'CommandComplete') throw unexpected(frame, 'UPLOAD_MANIFEST')
    }
  }

  /** Sends a command whose answer the caller takes frame by frame. */
  send(command: string): void {
    this.#stream.write(encodeQuery(command))
  }

  sendCopyData(body: Uint8Array): void {
    this.#stream.write(encodeCopyData(body))
  }

  sendCopyDone(): void {
    this.#stream.write(encodeCopyDone())
  }

  /** The next frame; an error of the server is thrown. */
  async next(): Promise<BackendFrame> {
    const frame = await this.take()
    if (frame.name === 'ErrorResponse') throw faultFrom(decodeReport(frame.body))
    return frame
  }

  /** The next frame, errors included. */
  async take(): Promise<BackendFrame> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame) return frame
      this.#frames = await this.#read()
    }
  }

  /**
   * All frames that have come, at least one, errors included: one wait for many frames, where
   * hundreds of megabytes a second flow.
   */
  async takeAll(): Promise<readonly BackendFrame[]> {
    while (this.#frames.length === 0) this.#frames = await this.#read()
    const frames = this.#frames
    this.#frames = []
    return frames
  }

  async #read(): Promise<BackendFrame[]> {
    const chunk = await this.#stream.read()
    if (!chunk) {
      const message = 'PostgreSQL ended the connection; its log says why'
      throw new FaultError('DATABASE_UNREACHABLE', message)
    }
    const frames: BackendFrame[] = []
    for (const frame of this.#reader.push(chunk)) {
      if (frame.name === 'NoticeResponse') this.#onNotice(decodeReport(frame.body))
      else if (frame.name === 'ParameterStatus') this.#keep(decodeParameter(frame.body))
      else frames.push(frame)
    }
    return frames
  }

  #keep([name, value]: readonly [string, string]): void {
    if (this.#parameters.size < 100) this.#parameters.set(name, value)
  }

  /** Ends the connection at once. A command under way is cut off. */
  [Symbol.dispose](): void {
    this.#forget()
    this.#stream.write(encodeTerminate())
    this.#stream.close()
  }
}

/** The server said something that does not belong here. */
export function unexpected(frame: BackendFrame, during: string): ProtocolError {
  return new ProtocolError('PG_FRAME_UNEXPECTED', `${frame.name} during ${during.slice(0, 80)}`)
}
