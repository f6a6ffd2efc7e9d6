/** A password found by guessing at the web gateway's door is an alert in the ring's channels. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { openTestBook, startDetection } from '#kit/detection.ts'
import { eventually } from '#kit/eventually.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { converse, openTls, startGateway, startUpstream } from '#kit/web-gateway.ts'
import type { Alert } from '#services/detection/alert.ts'

const loginGuard = [
  { path: '/login', accountField: 'email', success: { status: [303], setsCookie: 'session' } },
]
let folder: string
before(async () => {
  folder = await temporaryFolder('login-alert')
})
after(() => rm(folder, { recursive: true }))

test('login: success after failures raises an alert; the owner mistyping does not', async () => {
  const alerts: Alert[] = []
  const channel = {
    name: 'test',
    drills: false,
    deliver: (alert: Alert): Promise<void> => Promise.resolve(void alerts.push(alert)),
  }
  await using book = await openTestBook(folder, 'web-gateway')
  await using _detection = await startDetection(folder, [channel], [], 'web-gateway')
  await using application = await startUpstream((incoming, response) => {
    let text = ''
    incoming.on('data', (piece: Buffer) => (text += String(piece)))
    incoming.on('end', () => {
      const isRight = text.endsWith('p=right')
      const headers = { location: '/', 'set-cookie': 'session=1' }
      response.writeHead(isRight ? 303 : 401, isRight ? headers : {}).end()
    })
  })
  const upstreams = { localhost: application.address }
  await using gateway = await startGateway(upstreams, { loginGuard }, { trail: book })
  const signIn = async (email: string, password: string, cookie = ''): Promise<string> => {
    const body = `email=${email}&p=${password}`
    const text =
      `POST /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${cookie}` +
      'Content-Type: application/x-www-form-urlencoded\r\n' +
      `Content-Length: ${body.length}\r\n\r\n${body}`
    return converse(await openTls(gateway.httpsPort), text)
  }
  const first = await signIn('owner', 'right')
  const device = /set-cookie: (__Host-veilig-device=[^;]+)/.exec(first)?.[1] ?? assert.fail(first)
  for (let at = 0; at < 4; at++) await signIn('owner', 'x', `Cookie: ${device}\r\n`)
  assert.match(await signIn('owner', 'right', `Cookie: ${device}\r\n`), /^HTTP\/1\.1 303/)
  for (let at = 0; at < 4; at++) await signIn('victim', 'x')
  assert.match(await signIn('victim', 'right'), /^HTTP\/1\.1 303/)
  const alert = await eventually('the alert', () => alerts[0])
  assert.equal(alert.detector, 'login.success-after-failures')
  assert.match(alert.sentence, /4 before at \/login, from a device that is new for it/)
  assert.match(alert.sentence, /from 127\.0\.0\.1/)
  assert(!alert.sentence.includes('victim'), 'no name')
  assert.equal(alerts.length, 1, 'the owner, who came before, is not told of')
})
