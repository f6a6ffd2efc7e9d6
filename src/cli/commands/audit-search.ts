/**
 * `veilig audit search`: the audit trail by person, table, words and time, without SQL.
 *
 * @module
 */
import { searchBooks } from '#audit/search.ts'
import type { Command } from '../command.ts'
import { timeOption } from '../time-option.ts'

const ROWS_DEFAULT = 200
const HOUR_MS = 3_600_000

export const auditSearchCommand: Command = {
  name: 'audit search',
  summary: 'find statements and events by person, table, words and time',
  usage: '[--person WHO] [--table NAME] [--text WORDS] [--from TIME] [--to TIME] [--json]',
  options: {
    person: { type: 'string' },
    table: { type: 'string' },
    text: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
  },
  run: async (context, input) => {
    const { values } = input
    const word = (name: string): string => {
      const given = values[name]
      return typeof given === 'string' ? given : ''
    }
    const nowMs = context.clock.nowMs()
    const { hits, more, warnings } = await searchBooks({
      folder: context.paths.audit,
      rowsMax: ROWS_DEFAULT,
      person: word('person'),
      table: word('table'),
      text: word('text'),
      fromMs: timeOption(input, 'from') ?? nowMs - HOUR_MS,
      toMs: timeOption(input, 'to') ?? nowMs,
    })
    for (const hit of hits) {
      const time = new Date(hit.timeMs).toISOString()
      // What a client wrote must not move the cursor of who reads it.
      const what = hit.what.replaceAll(/[\s\p{Cc}]+/gu, ' ')
      const line = `${time}  ${hit.person || hit.process}  ${hit.address}  ${hit.code}  ${what}`
      const json = values['json'] === true
      process.stdout.write(json ? `${JSON.stringify({ ...hit, time })}\n` : `${line}\n`)
    }
    if (more) process.stderr.write(`only the newest ${ROWS_DEFAULT} are shown\n`)
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
    return warnings.length > 0 ? 1 : 0
  },
}
