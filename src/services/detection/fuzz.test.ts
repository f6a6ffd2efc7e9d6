/**
 * What detection reads, given bytes that are almost right: it judges them or says why not, by a
 * code that docs/errors.md declares; see `#kit/fuzz.ts`.
 */
import { fuzzParsers, fuzzText as text } from '#kit/fuzz.ts'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { detectionConfig } from './config.ts'
import { rangesIn } from './listed.ts'
import { decodeMemory, encodeMemory } from './memory.ts'
import { StatementJudge } from './statements.ts'
import { Watch } from './watch.ts'

await loadSqlParser()

const string = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const watch = new Watch(detectionConfig.parse({}))
const judge = new StatementJudge()
for (let at = 0; at < 9; at++)
  judge.learn(`SELECT id FROM t WHERE a = '${at}' AND b = ${at}`, 'app')
const attack =
  `SELECT id FROM t WHERE a = '' UNION SELECT pg_read_file('/etc/passwd') -- ' AND b = 7;` +
  `DO $x$ BEGIN EXECUTE 'COPY t FROM PROGRAM ''id'''; END $x$; SELECT E'\\x41' || U&'\\0041'`
const event = JSON.stringify({
  process: 'sql-gateway',
  sequence: 7,
  timeMs: 1_795_424_400_000,
  code: 'DB_STATEMENT',
  detail: { user: 'app', address: '192.0.2.7', session: 's', kind: 'query', sql: attack },
})
const memory = encodeMemory({ sequences: { b: 7 }, off: [], watch: watch.state() })

fuzzParsers({
  'a statement': [text(attack), (bytes) => judge.judge(string(bytes), 'app')],
  'a statement that is learned': [text(attack), (bytes) => judge.hear(string(bytes), 'other')],
  'an event': [text(event), playEvent],
  'what was learned': [text(memory), (bytes) => decodeMemory(string(bytes))],
  'a list of networks': [text('192.0.2.0/24 # us\n2001:db8::/32\n'), (b) => rangesIn(string(b))],
})

/** The trail gives only objects of JSON whose code and detail are what they are called. */
function playEvent(bytes: Uint8Array): void {
  let said: Parameters<Watch['see']>[0]
  try {
    said = JSON.parse(string(bytes)) as typeof said
  } catch {
    return
  }
  if (typeof said?.code !== 'string' || typeof said.detail !== 'object' || !said.detail) return
  watch.see({ ...said, sequence: 7, timeMs: 1_795_424_400_000, process: 'sql-gateway' })
}
