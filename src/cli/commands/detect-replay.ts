/**
 * `veilig detect replay`: what the detectors would have said of recorded statements.
 *
 * @module
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { UsageError } from '#lib/errors.ts'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { StatementJudge } from '#services/detection/statements.ts'
import type { Command } from '../command.ts'

type Line = {
  readonly sql: string
  readonly role: string
  readonly at?: string | number | undefined
}

const line: z.ZodType<Line> = z.object({
  sql: z.string(),
  role: z.string().default(''),
  at: z.union([z.string(), z.number()]).optional(),
})

export const detectReplayCommand: Command = {
  name: 'detect replay',
  summary: 'run the detectors over recorded statements',
  usage: '[--learn FILE.jsonl] --statements FILE.jsonl [--json]',
  options: { learn: { type: 'string' }, statements: { type: 'string' } },
  run: async (_context, input) => {
    const { learn, statements, json } = input.values
    if (typeof statements !== 'string') {
      const message = 'name the recorded statements: --statements FILE.jsonl'
      throw new UsageError('OPTION_INVALID', message)
    }
    await loadSqlParser()
    const judge = new StatementJudge()
    if (typeof learn === 'string') {
      for await (const { sql, role } of linesOf(learn)) judge.learn(sql, role)
    }
    let count = 0
    let alerted = 0
    for await (const { sql, role, at } of linesOf(statements)) {
      const alerts = judge.judge(sql, role)
      count++
      if (alerts.length > 0) alerted++
      if (json === true) await print(`${JSON.stringify({ at: at ?? null, role, alerts })}\n`)
      else if (alerts.length > 0) await print(`${alerts.join(' ')}  ${oneLine(sql)}\n`)
    }
    if (json !== true) await print(`${alerted} of ${count} statements set off a detector\n`)
    return 0
  },
}

const SHOWN_CHARS = 120

function oneLine(sql: string): string {
  const text = sql.replaceAll(/\s+/g, ' ')
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)} …` : text
}

/** @throws {UsageError} REPLAY_UNREADABLE naming file and line. */
async function* linesOf(file: string): AsyncGenerator<Line> {
  const stream = createReadStream(file)
  let number = 0
  try {
    for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
      number++
      if (text.trim() !== '') yield line.parse(JSON.parse(text))
    }
  } catch (cause) {
    const where = number > 0 ? `${file}, line ${number}` : file
    const message = `${where} cannot be read as {"sql": …, "role": …, "at": …} on one line`
    throw new UsageError('REPLAY_UNREADABLE', message, { cause })
  } finally {
    stream.destroy()
  }
}

async function print(text: string): Promise<void> {
  if (process.stdout.write(text)) return
  await new Promise<void>((resolve) => process.stdout.once('drain', resolve))
}
