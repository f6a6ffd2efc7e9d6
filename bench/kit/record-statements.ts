/**
 * Preloaded into a process (`--import`): writes down every statement it sends to PostgreSQL on a
 * local socket, with its user, as `{"at", "user", "sql"}` lines into a file of `VEILIG_RECORD`.
 *
 * It reads the very bytes on their way, with the gateway's own reader; nothing is changed.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { FrameReader } from '../../src/protocol/postgres/frame.ts'
import { readParse, readQuery } from '../../src/protocol/postgres/messages.ts'

const TEXT_MAX = 1024 * 1024
const folder = process.env['VEILIG_RECORD']
const PROTOCOL = 3

type Recorder = { user: string | undefined; reader: FrameReader }

const recorders = new WeakMap<Socket, Recorder>()
let file: number | undefined

function note(user: string, sql: string): void {
  file ??= openSync(join(folder ?? '.', `${process.pid}.jsonl`), 'a')
  writeSync(file, `${JSON.stringify({ at: Date.now(), user, sql })}\n`)
}

function recorder(): Recorder {
  const made: Recorder = { user: undefined, reader: new FrameReader(sink(), TEXT_MAX) }
  function sink(): ConstructorParameters<typeof FrameReader>[0] {
    return {
      frame: (name, head, bodySize) => {
        if ((name !== 'Query' && name !== 'Parse') || head.length < bodySize) return undefined
        const { kept } = name === 'Query' ? readQuery(head) : readParse(head)
        note(made.user ?? '', Buffer.from(kept).toString())
        return undefined
      },
      copyData: () => undefined,
      part: () => undefined,
      end: () => undefined,
    }
  }
  return made
}

/** The user in a StartupMessage; undefined for another first packet. */
function userIn(bytes: Buffer): string | undefined {
  if (bytes.length < 9 || bytes.readUInt16BE(4) !== PROTOCOL) return undefined
  const words = bytes.toString('utf8', 8).split('\0')
  return words[words.indexOf('user') + 1]
}

if (folder !== undefined) {
  type Method = (this: Socket, ...args: unknown[]) => unknown
  const connect = Reflect.get(Socket.prototype, 'connect') as Method
  const write = Reflect.get(Socket.prototype, 'write') as Method
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    const text = JSON.stringify(args) ?? ''
    if (text.includes('.s.PGSQL.')) recorders.set(this, recorder())
    return Reflect.apply(connect, this, args) as Socket
  } as typeof Socket.prototype.connect
  Socket.prototype.write = function (this: Socket, ...args: unknown[]): boolean {
    const known = recorders.get(this)
    const [data] = args
    if (known && (typeof data === 'string' || data instanceof Uint8Array)) {
      const bytes = Buffer.from(data as Uint8Array)
      try {
        if (known.user === undefined) known.user = userIn(bytes)
        else if (bytes[0] !== 0x70) known.reader.push(bytes) // 'p': what proves the password
      } catch {
        recorders.delete(this) // a test that breaks the protocol on purpose
      }
    }
    return Reflect.apply(write, this, args) as boolean
  } as typeof Socket.prototype.write
  process.on('exit', () => file !== undefined && closeSync(file))
}
