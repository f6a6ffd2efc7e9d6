/** Vectors for bodies, each replayed at every cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readVectors } from '#kit/vectors.ts'
import { cuts, wireText } from '#kit/wire-text.ts'
import { ProtocolError } from '#lib/errors.ts'
import { BodyReader } from './body.ts'

for (const vector of readVectors(new URL('testdata/chunked.vectors', import.meta.url))) {
  test(`chunked body: ${vector.case}`, () => {
    const expected = { body: vector['body'] ?? '', rest: vector['rest'], code: vector['code'] }
    for (const chunks of cuts(wireText(vector['bytes'] ?? ''))) {
      assert.deepEqual(read(new BodyReader('chunked', 0), chunks), expected)
    }
  })
}

test('body of known length: ends at its last byte, however it arrives', () => {
  for (const chunks of cuts(Buffer.from('helloGET /'))) {
    const seen = read(new BodyReader('length', 5), chunks)
    assert.deepEqual(seen, { body: 'hello', rest: 'GET /', code: undefined })
  }
})

test('body of known length: an early end is a cut, never a whole body', () => {
  assert.equal(read(new BodyReader('length', 5), [Buffer.from('hell')]).code, 'HTTP_BODY_CUT')
})

test('body until the end of the connection: all of it', () => {
  const seen = read(new BodyReader('until-close', 0), [Buffer.from('he'), Buffer.from('llo')])
  assert.deepEqual(seen, { body: 'hello', rest: '', code: undefined })
})

type Seen = { body: string; rest: string | undefined; code: string | undefined }

function read(reader: BodyReader, chunks: readonly Buffer[]): Seen {
  const seen: Seen = { body: '', rest: undefined, code: undefined }
  let rest = ''
  try {
    for (const chunk of chunks) {
      const end = reader.push(chunk, 0, (content) => (seen.body += content.toString('latin1')))
      rest += chunk.toString('latin1', end)
    }
    reader.end()
    seen.rest = rest
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    seen.code = error.code
  }
  return seen
}
