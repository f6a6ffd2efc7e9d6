/**
 * A session is the same session however its bytes are cut, and a broken one dies of declared codes.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeMessage } from '#protocol/postgres/encode.ts'
import { mulberry32 } from '#kit/random.ts'
import { message } from '#kit/wire.ts'
import type { AuditEvent } from '#audit/trail.ts'
import { ProtocolError } from '#lib/errors.ts'
import { Session } from './session.ts'

const peer = { session: 's', user: 'u', database: 'd', address: '192.0.2.1' }
const open = (): Session =>
  new Session({ peer, application: 'a', textCap: 1024, repeatedTextCap: 64 })

const CODES = new Set([
  'DB_FUNCTION_CALL_DENIED',
  'PG_LENGTH_INVALID',
  'PG_LENGTH_TOO_LARGE',
  'PG_MESSAGE_INVALID',
  'PG_REPLY_UNEXPECTED',
  'PG_TEXT_NUL',
  'PG_TYPE_UNKNOWN',
])

/** Plays client bytes, then server bytes, in chunks of at most `size`. */
function play(client: Uint8Array, server: Uint8Array, size: () => number): unknown {
  const session = open()
  const events: AuditEvent[] = []
  let passed = 0
  let code = ''
  for (const chunk of chunks(client, size)) {
    const passage = session.fromClient(chunk, 1)
    events.push(...passage.events)
    passed += passage.bytes.reduce((sum, bytes) => sum + bytes.length, 0)
  }
  try {
    for (const chunk of chunks(server, size)) events.push(...session.fromServer(chunk, 2).events)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    code = error.code
  }
  events.push(...session.close(3, 'TEST', 3))
  return { events, passed, violation: session.violation?.code, code }
}

function* chunks(bytes: Uint8Array, size: () => number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const end = at + size()
    yield bytes.subarray(at, end)
    at = end
  }
}

test('session: any chunking gives the same records and passes the same bytes', () => {
  const client = Buffer.concat([
    message.query(`SELECT ${'1,'.repeat(2_000)}1`),
    message.parse('s', 'SELECT 1'),
    message.bind('', 's'),
    message.execute(''),
    message.sync(),
    message.query('COPY t FROM STDIN'),
    message.copyData('1\n'),
    message.copyDone(),
  ])
  const tag = (text: string): Uint8Array => encodeMessage('C', Buffer.from(`${text}\0`))
  const ready = encodeMessage('Z', Buffer.from('I'))
  const row = encodeMessage('D', Buffer.from('0001000000013100', 'hex'))
  const server = Buffer.concat([
    row,
    row,
    tag('SELECT 2'),
    ready,
    encodeMessage('1', Buffer.of()),
    encodeMessage('2', Buffer.of()),
    row,
    tag('SELECT 1'),
    ready,
    tag('COPY 1'),
    ready,
  ])
  const whole = play(client, server, () => Infinity)
  assert.equal((whole as { passed: number }).passed, client.length)
  assert.deepEqual(
    play(client, server, () => 1),
    whole,
  )
  const random = mulberry32(5)
  for (let round = 0; round < 200; round++) {
    assert.deepEqual(
      play(client, server, () => 1 + Math.floor(random() * 40)),
      whole,
    )
  }
})

test('session: random bytes die of declared codes, and record the same at any chunking', () => {
  const random = mulberry32(99)
  const types = Buffer.from('BCDEFHPQSXcdf123ADEGHINSTVWZcdnst')
  const noise = (): Uint8Array => {
    const bytes = Uint8Array.from({ length: 80 }, () => Math.floor(random() * 256))
    for (let at = 0; at <= 70; at += 5 + Math.floor(random() * 9)) {
      const type = types[Math.floor(random() * types.length)] ?? 0
      bytes.set([type, 0, 0, 0, 4 + Math.floor(random() * 9)], at)
    }
    return bytes
  }
  for (let round = 0; round < 3_000; round++) {
    const [client, server] = [noise(), noise()]
    const whole = play(client, server, () => Infinity) as { violation?: string; code: string }
    for (const code of [whole.violation, whole.code]) if (code) assert(CODES.has(code), code)
    assert.deepEqual(
      play(client, server, () => 1 + Math.floor(random() * 9)),
      whole,
    )
  }
})

test('session: a refused statement gets our error, and only it, at any chunking', async () => {
  const refused = { rule: 'ddl', mode: 'enforce' } as const
  const random = mulberry32(11)
  const tag = (text: string): Uint8Array => encodeMessage('C', Buffer.from(`${text}\0`))
  const error = (code: string): Uint8Array =>
    encodeMessage('E', Buffer.from(`SERROR\0VERROR\0C${code}\0Msaid\0\0`))
  const ready = encodeMessage('Z', Buffer.from('I'))
  const row = encodeMessage('D', Buffer.alloc(40, 0x45))
  const client = ['good', 'bad', 'worse', 'good'].map(message.query)
  const server = [row, tag('SELECT 1'), ready, error('42601'), ready, error('22012'), ready, row]
  const answers = new Set<string>()
  for (let round = 0; round < 200; round++) {
    const session = new Session({
      peer,
      application: 'a',
      textCap: 1024,
      repeatedTextCap: 64,
      judge: {
        unjudged: refused,
        of: (sql) => {
          const verdict = sql === 'bad' ? refused : undefined
          return random() < 0.5 ? Promise.resolve(verdict) : verdict
        },
      },
    })
    const size = round === 0 ? (): number => 1 : (): number => 1 + Math.floor(random() * 30)
    const passed: Uint8Array[] = []
    for (const chunk of chunks(Buffer.concat(client), size)) {
      passed.push(...session.fromClient(chunk, 1).bytes)
      while (session.judging && random() < 0.7) {
        await session.judging
        passed.push(...session.goOn(1).bytes)
      }
    }
    while (session.judging) {
      await session.judging
      passed.push(...session.goOn(1).bytes)
    }
    assert(!Buffer.concat(passed).includes('bad'), 'the server never has it')
    const heard: Uint8Array[] = []
    for (const chunk of chunks(Buffer.concat([...server, tag('SELECT 1'), ready]), size)) {
      heard.push(...session.fromServer(chunk, 2).bytes)
    }
    answers.add(Buffer.concat(heard).toString('latin1'))
  }
  const [answer = '', ...others] = answers
  assert.deepEqual(others, [])
  assert.match(answer, /^D[^]*C42501[^]*The rules of u[^]*C22012[^]*SELECT 1/)
  assert(!answer.includes('42601'))
})
