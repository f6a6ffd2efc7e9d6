/** `hydra`, as it comes from Debian, at an application's login behind the gateway. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { startGateway, startUpstream, testAuthority, type TestGateway } from '#kit/web-gateway.ts'

const HYDRA_MS = 300_000
const GUESSES = 120
const PLACE_OF_RIGHT = 100
const RIGHT = 'tie-break'
const guarded = { path: '/login', accountField: 'email', success: { setsCookie: 'session' } }

test('hydra: given even the right password, it does not get in; six are evaluated', async () => {
  let evaluated = 0
  await using application = await startUpstream((incoming, response) => {
    void text(incoming).then((body) => {
      if (incoming.method !== 'POST') return void response.end('a form') // it looks at each time
      evaluated++
      if (!body.includes(RIGHT)) return void response.end('wrong')
      response.writeHead(303, { 'set-cookie': 'session=1', location: '/welcome' }).end()
    })
  })
  await using gateway = await startGateway(
    { localhost: application.address },
    { loginGuard: [guarded] },
  )
  const device = await signIn(gateway, undefined)
  evaluated = 0
  const folder = await mkdtemp(join(tmpdir(), 'veilig-hydra-'))
  try {
    const guesses = Array.from({ length: GUESSES }, (_, at) => `guess-number-${at}`)
    guesses[PLACE_OF_RIGHT] = RIGHT
    await writeFile(join(folder, 'passwords'), `${guesses.join('\n')}\n`)
    const who = ['-l', 'lotte@club.example', '-P', join(folder, 'passwords'), '-t', '4', '-I']
    const form = '/login:email=^USER^&password=^PASS^:S=Location\\: /welcome'
    const where = ['-s', String(gateway.httpsPort), 'localhost', 'https-post-form', form]
    const hydra = spawn('hydra', [...who, ...where], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: HYDRA_MS,
    })
    assert.match(await text(hydra.stdout), /0 valid password/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  const throttled = gateway.metrics.refused['WEB_LOGIN_THROTTLED'] ?? 0
  assert(throttled + evaluated >= GUESSES, `${throttled} refused, ${evaluated} evaluated`)
  assert(evaluated <= 6, `${evaluated} were evaluated`)
  assert(await signIn(gateway, device), 'the owner, from the device that is known')
})

/** @returns The cookie of the device, when the password was right. */
async function signIn(
  { httpsPort }: TestGateway,
  device: string | undefined,
): Promise<string | undefined> {
  const body = `email=lotte@club.example&password=${RIGHT}`
  const call = request({
    host: '127.0.0.1',
    port: httpsPort,
    servername: 'localhost',
    ca: testAuthority,
    agent: false,
    method: 'POST',
    path: '/login',
    headers: {
      host: 'localhost',
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': body.length,
      ...(device === undefined ? {} : { cookie: device }),
    },
  })
  call.end(body)
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  answer.resume()
  if (answer.statusCode !== 303) return undefined
  const lines = answer.headers['set-cookie'] ?? []
  return lines.find((line) => line.startsWith('__Host-veilig-device='))?.split(';', 1)[0]
}
