/** Vectors for heads of both directions, each replayed at every cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readVectors } from '#kit/vectors.ts'
import { cuts, wireText } from '#kit/wire-text.ts'
import { ProtocolError } from '#lib/errors.ts'
import { parseRequestHead, parseRequestLine, parseResponseHead, type HeadLimits } from './head.ts'
import { HeadScanner } from './scanner.ts'

const limits: HeadLimits = { headMax: 32_768, startLineMax: 8_192, fieldCountMax: 100 }

for (const vector of readVectors(new URL('testdata/request.vectors', import.meta.url))) {
  test(`request head: ${vector.case}`, () => {
    const expected = vector['code'] ?? wireText(vector['head'] ?? '').toString('latin1')
    for (const chunks of cuts(wireText(vector['bytes'] ?? ''))) {
      assert.equal(readRequest(chunks), expected)
    }
  })
}

for (const vector of readVectors(new URL('testdata/response.vectors', import.meta.url))) {
  test(`response head: ${vector.case}`, () => {
    const expected = vector['code'] ?? vector['head']
    for (const chunks of cuts(wireText(vector['bytes'] ?? ''))) {
      assert.equal(readResponse(chunks, vector['method'] ?? 'GET'), expected)
    }
  })
}

test('request head: several on one connection are cut where each ends', () => {
  const one = 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\n'
  const two = 'GET /2 HTTP/1.1\r\nHost: a\r\n\r\n'
  const scanner = new HeadScanner(limits)
  const both = Buffer.from(one + two)
  assert.equal(scanner.push(both, 0), one.length)
  assert.equal(parseRequestHead(scanner.head, limits).target, '/1')
  assert.equal(scanner.push(both, one.length), both.length)
  assert.equal(parseRequestHead(scanner.head, limits).target, '/2')
})

test('request head: announcing much reserves little', () => {
  const before = process.memoryUsage().arrayBuffers
  const scanners = Array.from({ length: 1000 }, () => new HeadScanner(limits))
  for (const scanner of scanners) scanner.push(Buffer.from('GET / HTTP/1.1\r\nX: '), 0)
  assert(process.memoryUsage().arrayBuffers - before < 4 * 1024 * 1024)
})

test('request head: names are folded, values and order kept, Connection read as a list', () => {
  const text = 'GET / HTTP/1.1\r\nHost: a\r\nX-B: 1\r\nx-a:  2 \r\nConnection: X-B, Close'
  const head = parseRequestHead(text, limits)
  assert.deepEqual(head.headers.slice(2, 6), ['x-b', '1', 'x-a', '2'])
  assert.deepEqual(head.connection, ['x-b', 'close'])
  assert.equal(head.keepAlive, false)
})

function readRequest(chunks: readonly Buffer[]): string {
  return read(chunks, new HeadScanner(limits, (line) => void parseRequestLine(line)), (text) => {
    const head = parseRequestHead(text, limits)
    const body = head.body === 'length' ? `length:${head.length}` : head.body
    return `${head.method} ${head.target} 1.${head.minorVersion} ${head.host} ${body}`
  })
}

function readResponse(chunks: readonly Buffer[], method: string): string {
  return read(chunks, new HeadScanner(limits), (text) => {
    const head = parseResponseHead(text, limits, method)
    const body = head.body === 'length' ? `length:${head.length}` : head.body
    return `${head.status} ${body} ${head.keepAlive ? 'kept' : 'closed'}`
  })
}

function read(
  chunks: readonly Buffer[],
  scanner: HeadScanner,
  parse: (text: string) => string,
): string {
  try {
    for (const chunk of chunks) {
      if (chunk.length > 0 && scanner.push(chunk, 0) >= 0) return parse(scanner.head)
    }
    return 'unfinished'
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return error.code
  }
}
