/**
 * `veilig detect replay`: what the detectors would have said of recorded statements.
 *
 * @module
 */
import { createReadStream, type ReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { UsageError } from '#lib/errors.ts'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { Replay, type Said, type Told } from '#services/detection/replay.ts'
import type { Command } from '../command.ts'

type Line = {
  readonly sql: string
  readonly role?: string | null | undefined
  readonly at?: string | number | null | undefined
}

const line: z.ZodType<Line> = z.object({
  sql: z.string(),
  role: z.string().nullish(),
  at: z.union([z.string(), z.number()]).nullish(),
})

export const detectReplayCommand: Command = {
  name: 'detect replay',
  summary: 'run the detectors over recorded statements',
  usage: '[--learn FILE.jsonl] --statements FILE.jsonl [--json]',
  options: { learn: { type: 'string' }, statements: { type: 'string' } },
  run: async (context, input) => {
    const { learn, statements, json } = input.values
    if (typeof statements !== 'string') {
      const message = 'name the recorded statements: --statements FILE.jsonl'
      throw new UsageError('OPTION_INVALID', message)
    }
    await loadSqlParser()
    const replay = new Replay(context.config.detection)
    const progress = new Progress()
    if (typeof learn === 'string') {
      for await (const { said, share } of linesOf(learn)) {
        input.signal.throwIfAborted()
        replay.learn(said)
        progress.show('learned', share)
      }
    }
    // What was judged is said, also before a line that is broken.
    await using out = new Output(() => progress.clear())
    let [count, alerted] = [0, 0]
    for await (const { at, said, share } of linesOf(statements)) {
      input.signal.throwIfAborted()
      const told = replay.judge(said)
      if (told.length > 0) alerted++
      count++
      progress.show('judged', share)
      if (json === true) await out.line(jsonLine(at, said.role, told))
      else if (told.length > 0) await out.line(plainLine(told, said.sql))
    }
    if (json !== true) await out.line(`${alerted} of ${count} statements set off a detector`)
    return 0
  },
}

function jsonLine(at: Line['at'], role: string, told: readonly Told[]): string {
  const alerts = told.map(({ detector }) => detector)
  const evidence = told.map((each) => each.evidence).filter((each) => each !== '')
  const why = evidence.length > 0 ? { evidence } : {}
  return JSON.stringify({ at: at ?? null, role, alerts, ...why })
}

const SHOWN_CHARS = 120

function plainLine(told: readonly Told[], sql: string): string {
  const text = sql.replaceAll(/\s+/g, ' ')
  const short = text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)} …` : text
  return `${told.map(({ detector }) => detector).join(' ')}  ${short}`
}

const SHOWN_EVERY = 1_000

/** How far it is, for a person who waits: on the error output, so that lines stay lines. */
class Progress {
  readonly #isSeen = process.stderr.isTTY
  #what = ''
  #count = 0

  /** One more of this. @param share Of the file that is read so far, from 0 to 1. */
  show(what: string, share: number): void {
    if (what !== this.#what) this.#count = 0
    this.#what = what
    if (++this.#count % SHOWN_EVERY !== 0 || !this.#isSeen) return
    process.stderr.write(`\r\x1b[2K${what} ${this.#count}, ${Math.floor(100 * share)} %`)
  }

  /** Before other lines, and at the end. */
  clear(): void {
    if (this.#isSeen) process.stderr.write('\r\x1b[2K')
  }
}

type Recorded = {
  readonly at: Line['at']
  readonly said: Said
  /** Of the file's bytes, how many were read. */
  readonly share: number
}

/** @throws {UsageError} REPLAY_UNREADABLE naming file and line, and what is wrong with it. */
async function* linesOf(file: string): AsyncGenerator<Recorded> {
  let stream: ReadStream | undefined
  let number = 0
  try {
    const { size } = await stat(file)
    const input = (stream = createReadStream(file))
    const share = (): number => Math.min(1, input.bytesRead / Math.max(1, size))
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      number++
      const json = number === 1 ? text.replace(/^\uFEFF/, '') : text
      if (json.trim() !== '') yield { ...recordedIn(json), share: share() }
    }
  } catch (cause) {
    const where = number > 0 ? `${file}, line ${number},` : file
    const message =
      `${where} cannot be read: ${whatIsWrong(cause)}. ` +
      'Each line is an object {"sql": "SELECT …", "role": "app", "at": "2026-11-23T09:00Z"}; ' +
      'role and at may be left out'
    throw new UsageError('REPLAY_UNREADABLE', message, { cause })
  } finally {
    stream?.destroy()
  }
}

function recordedIn(text: string): Omit<Recorded, 'share'> {
  const { sql, role, at } = line.parse(JSON.parse(text))
  return { at, said: { sql, role: role ?? '', atMs: momentOf(at) } }
}

/** Seconds end and milliseconds begin here (the years 5138 and 1973), so either is understood. */
const SECONDS_MAX = 1e11

/** Undefined for what is no moment: then only what needs none is judged. */
function momentOf(at: Line['at']): number | undefined {
  if (typeof at === 'number') return at < SECONDS_MAX ? at * 1_000 : at
  const parsed = typeof at === 'string' ? Date.parse(at) : Number.NaN
  return Number.isNaN(parsed) ? undefined : parsed
}

function whatIsWrong(cause: unknown): string {
  if (!(cause instanceof z.ZodError)) return (cause as Error).message
  const [issue] = cause.issues
  const place = issue?.path.join('.') ?? ''
  return `${place === '' ? '' : `${place}: `}${issue?.message ?? 'it is no statement'}`
}

const PIECE_CHARS = 65_536

/** Lines, written many at once. */
class Output {
  readonly #before: () => void
  #waiting = ''

  /** @param before Called before lines are written, and at the end. */
  constructor(before: () => void) {
    this.#before = before
  }

  async line(text: string): Promise<void> {
    this.#waiting += `${text}\n`
    if (this.#waiting.length >= PIECE_CHARS) await this.#flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flush()
  }

  async #flush(): Promise<void> {
    const piece = this.#waiting
    this.#waiting = ''
    this.#before()
    if (process.stdout.write(piece)) return
    await new Promise<void>((resolve) => process.stdout.once('drain', resolve))
  }
}
