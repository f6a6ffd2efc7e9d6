/**
 * Every parser a stranger can reach, given bytes that are almost right: each answers, or dies of a
 * code that docs/errors.md declares, and nothing else.
 *
 * `VEILIG_FUZZ=1000000` runs a campaign: so many inputs for each parser; the seed is printed, and
 * `VEILIG_SEED` repeats it.
 */
import { RecordCursor } from '#audit/record.ts'
import { mockScramVerifier, readScramVerifier, SCRAM, ScramServer } from '#crypto/scram-server.ts'
import { ScramClient } from '#crypto/scram.ts'
import { BackendWalker } from '#protocol/postgres/backend.ts'
import { bindValues, readBindValues } from '#protocol/postgres/bind-values.ts'
import { readError, readParameter, readTag, rowsOf } from '#protocol/postgres/command-tag.ts'
import { encodeCancel, encodeMessage, encodeStartup } from '#protocol/postgres/encode.ts'
import { FrameReader } from '#protocol/postgres/frame.ts'
import { MessageBuffer } from '#protocol/postgres/message-buffer.ts'
import {
  LongText,
  readBind,
  readExecute,
  readParse,
  readQuery,
  readTarget,
} from '#protocol/postgres/messages.ts'
import { readRowDescription } from '#protocol/postgres/row-description.ts'
import { readStartup } from '#protocol/postgres/startup.ts'
import { loadSqlParser, parseSql } from '#protocol/sql/parse.ts'
import { allowList, plainAddress, readRange } from '#system/address-ranges.ts'
import { fuzzParsers, fuzzText as text } from '#kit/fuzz.ts'
import { message } from '#kit/wire.ts'
import { certificatesIn } from './certificates.ts'
import { Session } from './session.ts'
import { describeText } from './sql-text.ts'

await loadSqlParser()

const string = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const body = (frame: Uint8Array): Uint8Array => frame.subarray(5)
const bindBody = text('portal\0statement\0\0\x01\0\x01\0\x02\0\0\0\x02ab\xff\xff\xff\xff\0\0')
const rowDescription = text('\0\x01email\0\0\0\x40\x10\0\x03\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0')
const errorBody = text('SERROR\0VERROR\0C42601\0Msyntax error\0\0')
const sql = "select /* a */ $1::text, 'it''s', E'\\x00' from \"t\" where a = 7 -- end"
const backend = Buffer.concat([
  encodeMessage('T', rowDescription),
  encodeMessage('D', text('\0\x01\0\0\0\x01x')),
  encodeMessage('C', text('SELECT 1\0')),
  encodeMessage('E', errorBody),
  encodeMessage('Z', text('I')),
])
const frontend = Buffer.concat([
  message.parse('s', sql),
  encodeMessage('B', bindBody),
  message.execute('portal'),
  message.sync(),
  message.query(sql),
  message.copyData('x'),
  message.copyDone(),
])
const asked = [message.parse('s', sql), encodeMessage('B', bindBody), message.execute('portal')]
const answered = ['1', '2'].map((type) => encodeMessage(type, text('')))
const result = [
  encodeMessage('D', text('\0\x01\0\0\0\x01x')),
  encodeMessage('C', text('SELECT 1\0')),
  encodeMessage('Z', text('I')),
]
const said = [asked, message.sync(), message.query(sql), text('|')]
const heard = [answered, result, encodeMessage('T', rowDescription), result]
const dialogue = Buffer.concat([said, heard].flat(2))
const clientFirst = 'n,,n=*,r=fyko+d2lbbFgONRv9qkxdawL'
const verifier = mockScramVerifier(text('secret'), 'user')

const isAllowed = allowList(['192.0.2.0/24', '2001:db8::/32'])

fuzzParsers({
  'startup packet': [encodeStartup(new Map([['user', 'u']])), readStartup],
  'cancel request': [encodeCancel(7, Buffer.alloc(32, 1)), readStartup],
  'client stream': [frontend, (bytes) => playClient(bytes)],
  'server stream': [backend, (bytes) => playServer(bytes)],
  'login messages': [backend, (bytes) => playLogin(bytes)],
  session: [dialogue, playSession],
  query: [body(message.query(sql)), readQuery],
  parse: [body(message.parse('s', sql)), readParse],
  'long text': [body(message.parse('s', sql)), (bytes) => playLongText(bytes)],
  bind: [bindBody, readBind],
  'bind values': [bindBody, (bytes) => readBindValues(bindValues(bytes))],
  execute: [body(message.execute('portal')), readExecute],
  target: [text('Sname\0'), readTarget],
  'row description': [rowDescription, readRowDescription],
  error: [errorBody, readError],
  'parameter status': [text('TimeZone\0UTC\0'), readParameter],
  'command tag': [text('INSERT 0 1\0'), (bytes) => rowsOf(readTag(bytes))],
  'SQL text': [
    text(sql),
    (bytes) => describeText({ name: '', kept: bytes, size: 99, sha256: '' }, 64),
  ],
  'SQL grammar': [text(sql), (bytes) => parseSql(string(bytes))],
  'SCRAM, first': [text(clientFirst), (bytes) => scram().first(SCRAM, string(bytes))],
  'SCRAM, final': [text('c=biws,r=fyko,p=dHzbZapWIk4='), playScramFinal],
  'SCRAM, of the server': [text('r=noncemore,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'), playChallenge],
  'SCRAM verifier': [
    text('SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5'),
    (bytes) => readScramVerifier(string(bytes)),
  ],
  range: [text('2001:db8::/32'), (bytes) => readRange(string(bytes))],
  address: [text('::ffff:192.0.2.1%eth0'), (bytes) => isAllowed(plainAddress(string(bytes)) ?? '')],
  'allow-list': [text('192.0.2.0/24'), (bytes) => allowList([string(bytes)])],
  'address asked for': [text('192.0.2.255'), (bytes) => isAllowed(string(bytes))],
  PEM: [
    text('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'),
    (bytes) => certificatesIn(string(bytes)),
  ],
  'audit record': [
    Buffer.alloc(96, 1),
    (bytes) => new RecordCursor(Buffer.concat([Buffer.alloc(33), bytes]), 33, 0).next(),
  ],
})

function playClient(bytes: Uint8Array): void {
  const nothing = (): undefined => undefined
  const sink = { frame: nothing, copyData: nothing, part: nothing, end: nothing }
  const reader = new FrameReader(sink, 64)
  reader.push(bytes)
  if (reader.violation) throw reader.violation
}

function playServer(bytes: Uint8Array): void {
  new BackendWalker({ data: () => undefined, message: () => undefined }).push(bytes)
}

function playLogin(bytes: Uint8Array): void {
  const buffer = new MessageBuffer(1024)
  buffer.push(bytes)
  while (buffer.next());
}

function playLongText(bytes: Uint8Array): void {
  const half = Math.floor(bytes.length / 2)
  const long = new LongText('Parse', bytes.subarray(0, half))
  long.push(bytes.subarray(half))
  long.end()
}

/** What stands before the last '|' is the client's, what follows the server's. */
function playSession(bytes: Uint8Array): void {
  const peer = { session: 's', user: 'u', database: 'd', address: '192.0.2.1' }
  const session = new Session({ peer, application: '', textCap: 1024, repeatedTextCap: 64 })
  const cut = bytes.lastIndexOf(0x7c)
  session.fromClient(bytes.subarray(0, Math.max(cut, 0)), 1)
  if (session.violation) throw session.violation
  try {
    session.fromServer(bytes.subarray(cut + 1), 2)
  } finally {
    session.close(3, 'TEST', 3)
  }
}

function scram(): ScramServer {
  return new ScramServer({ verifier, nonce: 'server', binding: undefined })
}

function playScramFinal(bytes: Uint8Array): void {
  const server = scram()
  server.first(SCRAM, clientFirst)
  if (string(bytes) === 'c=biws,r=fyko,p=dHzbZapWIk4=') return // right in form, wrong as a proof
  server.final(string(bytes))
}

function playChallenge(bytes: Uint8Array): void {
  const client = new ScramClient({ password: 'x', nonce: 'nonce' })
  client.first()
  const iterations = /i=(\d+)/.exec(string(bytes))?.[1]
  if (Number(iterations) > 10_000) return // a costly answer is right all the same
  client.final(string(bytes))
}
