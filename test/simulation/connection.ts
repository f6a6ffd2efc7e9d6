/**
 * A connection to the simulated server: what the receiver asks, answered as PostgreSQL would.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { BackendFrame } from '#protocol/postgres/replication/backend-frame.ts'
import { formatLsn, parseLsn } from '#protocol/postgres/replication/lsn.ts'
import { decodeReport } from '#protocol/postgres/replication/messages.ts'
import { historyFileName } from '#protocol/postgres/replication/timeline-history.ts'
import { faultFrom } from '#services/backup/replication/server-faults.ts'
import type { LogConnection } from '#services/backup/wal/log-connection.ts'
import { SEGMENT, SYSTEM, type SimulatedServer } from './server.ts'

type Row = readonly (string | null)[]

const MESSAGE_MAX = 8 * 1024

export class SimulatedConnection implements LogConnection {
  readonly major = 18
  readonly #server: SimulatedServer
  readonly #generation: number
  readonly #slot: string
  #closed = false
  #stream: { timeline: number; atLsn: bigint } | undefined
  /** Frames to be sent before all else. */
  readonly #ready: BackendFrame[] = []

  constructor(server: SimulatedServer, slot: string) {
    this.#server = server
    this.#generation = server.generation
    this.#slot = slot
  }

  [Symbol.dispose](): void {
    this.#closed = true
    this.#server.wake()
  }

  #check(): void {
    if (!this.#closed && this.#server.up && this.#server.generation === this.#generation) return
    throw new FaultError('DATABASE_UNREACHABLE', 'the connection broke')
  }

  identifySystem(): ReturnType<LogConnection['identifySystem']> {
    this.#check()
    const { timeline, flushLsn } = this.#server
    return Promise.resolve({ systemIdentifier: SYSTEM, timeline, flushLsn })
  }

  show(setting: string): Promise<string> {
    this.#check()
    return Promise.resolve(setting === 'wal_segment_size' ? `${SEGMENT}B` : '8192')
  }

  query(command: string): Promise<readonly Row[]> {
    this.#check()
    const { slots } = this.#server
    const [verb = '', name = ''] = command.replaceAll('"', '').split(' ')
    switch (verb) {
      case 'READ_REPLICATION_SLOT':
        return Promise.resolve([this.#readSlot(name)])
      case 'CREATE_REPLICATION_SLOT':
        slots.set(name, { restartLsn: this.#reserved(), lost: false })
        return Promise.resolve([])
      case 'DROP_REPLICATION_SLOT':
        slots.delete(name)
        return Promise.resolve([])
      case 'TIMELINE_HISTORY': {
        const timeline = Number(name)
        const content = this.#server.historyFile(timeline)
        return Promise.resolve([[historyFileName(timeline), content]])
      }
      default:
        throw new Error(`the simulated server knows no ${command}`)
    }
  }

  #readSlot(name: string): Row {
    const slot = this.#server.slots.get(name)
    if (!slot) return [null, null, null]
    if (slot.lost) return ['physical', null, null]
    const { restartLsn } = slot
    return ['physical', formatLsn(restartLsn), String(this.#server.ownerOf(restartLsn))]
  }

  /** RESERVE_WAL keeps from the last checkpoint's redo on: a little before the end. */
  #reserved(): bigint {
    const { flushLsn, keptLsn } = this.#server
    const redo = flushLsn - SEGMENT / 2n
    return redo > keptLsn ? redo : keptLsn
  }

  startCopyBoth(command: string): Promise<FaultError | undefined> {
    this.#check()
    const found = /SLOT "(.*)" PHYSICAL (\S+) TIMELINE (\d+)/.exec(command)
    const timeline = Number(found?.[3])
    const atLsn = parseLsn(found?.[2] ?? '')
    const endLsn = this.#server.endOf(timeline)
    const slot = this.#server.slots.get(this.#slot)
    if (!slot) return Promise.resolve(refusal('42704', 'replication slot does not exist'))
    if (slot.lost) return Promise.resolve(refusal('55000', 'can no longer use replication slot'))
    if (endLsn === undefined) return Promise.resolve(refusal('XX000', 'not in this history'))
    if (atLsn > endLsn) return Promise.resolve(refusal('XX000', 'ahead of the WAL flush position'))
    this.#stream = { timeline, atLsn }
    return Promise.resolve(undefined)
  }

  sendCopyData(body: Uint8Array): void {
    if (this.#closed || this.#server.generation !== this.#generation || !this.#server.up) return
    const view = new DataView(body.buffer, body.byteOffset, body.length)
    this.#server.confirmed(this.#slot, view.getBigUint64(9))
    if (body[33] === 1 && this.#stream) this.#ready.push(keepalive(this.#stream.atLsn))
    this.#server.wake()
  }

  sendCopyDone(): void {
    this.#stream = undefined
    const frames = ['RowDescription', 'DataRow', 'CommandComplete', 'CommandComplete'] as const
    for (const name of [...frames, 'ReadyForQuery'] as const) {
      this.#ready.push({ name, body: new Uint8Array(0) })
    }
  }

  async next(): Promise<BackendFrame> {
    const frame = await this.take()
    if (frame.name === 'ErrorResponse') throw faultFrom(decodeReport(frame.body))
    return frame
  }

  async take(): Promise<BackendFrame> {
    for (;;) {
      this.#check()
      const ready = this.#ready.shift() ?? this.#nextOfStream()
      if (ready) return ready
      await this.#server.changed()
    }
  }

  #nextOfStream(): BackendFrame | undefined {
    const stream = this.#stream
    if (!stream) return undefined
    const { timeline, atLsn } = stream
    const endLsn = this.#server.endOf(timeline) ?? 0n
    if (atLsn < this.#server.keptLsn && atLsn < endLsn) {
      this.#stream = undefined
      this.#ready.push({ name: 'ReadyForQuery', body: new Uint8Array(0) })
      return removed()
    }
    if (atLsn >= endLsn) {
      if (timeline === this.#server.timeline) return undefined
      this.#stream = undefined
      return { name: 'CopyDone', body: new Uint8Array(0) }
    }
    const length = Number(endLsn - atLsn > MESSAGE_MAX ? BigInt(MESSAGE_MAX) : endLsn - atLsn)
    stream.atLsn += BigInt(length)
    return walFrame(atLsn, endLsn, this.#server.bytes(timeline, atLsn, length))
  }
}

function walFrame(startLsn: bigint, endLsn: bigint, wal: Uint8Array): BackendFrame {
  const body = new Uint8Array(25 + wal.length)
  const view = new DataView(body.buffer)
  body[0] = 'w'.charCodeAt(0)
  view.setBigUint64(1, startLsn)
  view.setBigUint64(9, endLsn)
  body.set(wal, 25)
  return { name: 'CopyData', body }
}

/** Its position is what has been sent, as PostgreSQL's is. */
function keepalive(sentLsn: bigint): BackendFrame {
  const body = new Uint8Array(18)
  body[0] = 'k'.charCodeAt(0)
  new DataView(body.buffer).setBigUint64(1, sentLsn)
  return { name: 'CopyData', body }
}

function removed(): BackendFrame {
  return { name: 'ErrorResponse', body: report('58P01', 'requested WAL segment was removed') }
}

function refusal(sqlstate: string, message: string): FaultError {
  return faultFrom(decodeReport(report(sqlstate, message)))
}

function report(sqlstate: string, message: string): Uint8Array {
  return new TextEncoder().encode(`SERROR\0C${sqlstate}\0M${message}\0\0`)
}
