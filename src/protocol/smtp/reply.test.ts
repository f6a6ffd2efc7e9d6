/** Replies as servers write them, and what is none, each at every cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '#lib/errors.ts'
import { ReplyReader } from './reply.ts'

const cases: readonly (readonly [name: string, bytes: string, replies: readonly string[]])[] = [
  ['one line', '250 2.1.0 Ok\r\n', ['250 2.1.0 Ok']],
  ['a code alone', '354\r\n', ['354']],
  ['several lines', '250-mx\r\n250-SIZE 10\r\n250 PIPELINING\r\n', ['250 mx SIZE 10 PIPELINING']],
  ['two replies in one flight', '250 a\r\n354 b\r\n', ['250 a', '354 b']],
  ['a lone LF, as a few write it', '220 mx\n', ['220 mx']],
  ['bytes beyond ASCII', '550 caf\xe9\x07 no\r\n', ['550 caf no']],
  ['HTTP', 'HTTP/1.1 400 Bad Request\r\n', ['SMTP_REPLY_INVALID']],
  ['a good reply, then none', '250 a\r\nhello\r\n', ['250 a', 'SMTP_REPLY_INVALID']],
  ['a code of no kind', '999 hello\r\n', ['SMTP_REPLY_INVALID']],
  ['a reply without end', '250-x\r\n'.repeat(200), ['SMTP_REPLY_INVALID']],
  ['a line without end', `250 ${'x'.repeat(5000)}`, ['SMTP_REPLY_INVALID']],
]
for (const [name, text, expected] of cases) {
  test(`smtp reply: ${name}`, () => {
    const bytes = Buffer.from(text, 'latin1')
    for (const chunks of cuts(bytes)) assert.deepEqual(read(chunks), expected)
  })
}

function read(chunks: Iterable<Uint8Array>): string[] {
  const reader = new ReplyReader()
  const said: string[] = []
  for (const chunk of chunks) {
    // A violation takes the whole chunk with it, so what came before is read line by line.
    for (const line of chunk.toString().length > 2000 ? [chunk] : bytesOf(chunk)) {
      try {
        said.push(...reader.push(line).map((reply) => reply.text))
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        return [...said, error.code]
      }
    }
  }
  return said
}

function bytesOf(chunk: Uint8Array): Uint8Array[] {
  return Array.from(chunk, (_, at) => chunk.subarray(at, at + 1))
}

function* cuts(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let at = 0; at <= Math.min(bytes.length, 60); at++)
    yield [bytes.subarray(0, at), bytes.subarray(at)]
}
