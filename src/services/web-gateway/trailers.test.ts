/** Trailer fields pass both ways, in HTTP/1.1 and HTTP/2, but those that would decide again. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectH2, type IncomingHttpHeaders } from 'node:http2'
import { after, before, test } from 'node:test'
import {
  converse,
  openTls,
  startGateway,
  startUpstream,
  testAuthority,
  type TestGateway,
} from '#kit/web-gateway.ts'

let gateway: TestGateway
const stack = new AsyncDisposableStack()
before(async () => {
  const application = stack.use(
    await startUpstream((incoming, response) => {
      incoming.resume().on('end', () => {
        if (incoming.url === '/none') {
          response.write('none')
          return void response.end()
        }
        response.writeHead(200, { trailer: 'x-sum, x-seen' })
        response.write('hello')
        const seen = JSON.stringify({ te: incoming.headers['te'], trailers: incoming.trailers })
        response.addTrailers({
          'x-sum': '42',
          'x-seen': seen,
          'set-cookie': 'evil=1',
          'content-length': '9999',
          'strict-transport-security': 'max-age=0',
        })
        response.end()
      })
    }),
  )
  gateway = stack.use(await startGateway({ localhost: application.address }))
})
after(() => stack.disposeAsync())

const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close, te\r\n'
const body = 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n'
const sent =
  'X-Check: 7\r\nContent-Length: 5\r\nAuthorization: x\r\nX-Forwarded-For: 192.0.2.1\r\n' +
  'Cookie: a=b\r\nX-Two:  spaced \r\n'

test('trailers: pass from client to application and back', async () => {
  const text = `${head}TE: trailers\r\n${body}${sent}\r\n`
  const answer = await converse(await openTls(gateway.httpsPort), text)
  const [, trailers = ''] = answer.split('\r\n0\r\n')
  assert.match(trailers, /^x-sum: 42\r\nx-seen: \{.*\}\r\n\r\n$/)
  const seen = JSON.parse(/x-seen: (.*)\r\n/.exec(trailers)?.[1] ?? '') as object
  assert.deepEqual(seen, { te: 'trailers', trailers: { 'x-check': '7', 'x-two': 'spaced' } })
})

test('trailers: a client that does not take them gets none; the body is whole', async () => {
  const answer = await converse(await openTls(gateway.httpsPort), `${head}${body}\r\n`)
  assert.match(answer, /\r\n5\r\nhello\r\n0\r\n\r\n$/)
})

test('trailers: more than their share are refused', async () => {
  for (const many of ['X: y\r\n'.repeat(65), `X: ${'y'.repeat(9_000)}\r\n`]) {
    const answer = await converse(await openTls(gateway.httpsPort), `${head}${body}${many}\r\n`)
    assert.match(answer, /^HTTP\/1\.1 400 /)
  }
})

test('trailers: pass in HTTP/2 as well, and are not waited for where there are none', async () => {
  const session = connectH2(`https://localhost:${gateway.httpsPort}`, { ca: testAuthority })
  const ask = async (path: string): Promise<IncomingHttpHeaders | undefined> => {
    const headers = { ':method': 'POST', ':path': path, te: 'trailers' }
    const stream = session.request(headers, { waitForTrailers: true })
    let trailers: IncomingHttpHeaders | undefined
    stream.on('trailers', (given: IncomingHttpHeaders) => (trailers = given))
    stream.once('wantTrailers', () => stream.sendTrailers({ 'x-check': '8', cookie: 'a=b' }))
    stream.end('abc')
    stream.resume()
    await once(stream, 'close')
    return trailers
  }
  const given = await ask('/')
  assert.equal(given?.['x-sum'], '42')
  assert.equal(given?.['set-cookie'], undefined)
  assert.equal(given?.['strict-transport-security'], undefined)
  const seen = JSON.parse(String(given?.['x-seen'])) as object
  assert.deepEqual(seen, { te: 'trailers', trailers: { 'x-check': '8' } })
  assert.equal(await ask('/none'), undefined)
  session.destroy()
})
