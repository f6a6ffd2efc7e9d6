/** `hydra`, as it comes from Debian, at the console's login: given even the right password. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { askConsole, consoleOrigin, enrolled, startConsole } from '#kit/console.ts'
import { temporaryFolder } from '#kit/postgres.ts'

const HYDRA_MS = 300_000

test('hydra: is given the right password and does not get in; the owner does', async () => {
  await using desk = await startConsole()
  const lotte = await enrolled(desk, 'lotte@club.example', 'owner')
  const folder = await temporaryFolder('hydra')
  const guesses = Array.from({ length: 120 }, (_, at) => `guess-number-${at}`)
  guesses[100] = lotte.password
  await writeFile(join(folder, 'passwords'), `${guesses.join('\n')}\n`)
  let asked = 0
  const server = createServer((incoming, outgoing) => {
    asked++
    const { method, url: path, headers: given } = incoming
    const headers = { ...given, 'x-forwarded-for': '203.0.113.66' }
    const call = request({ socketPath: desk.socket, method, path, headers }, (answer) => {
      // Hydra reads until the connection ends.
      const { location, 'content-type': type } = answer.headers
      const said = { connection: 'close', 'content-type': type, location: location ?? '' }
      outgoing.writeHead(answer.statusCode ?? 502, said)
      answer.pipe(outgoing)
    })
    call.on('error', () => outgoing.destroy())
    incoming.pipe(call)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const origin = consoleOrigin.replaceAll(':', '\\:')
  const form = `/login:name=^USER^&password=^PASS^:H=Origin\\: ${origin}:S=Location\\: /second`
  const who = ['-l', lotte.name, '-P', join(folder, 'passwords'), '-t', '4', '-I']
  const args = [...who, '-s', String(port), '127.0.0.1', 'http-post-form', form]
  const hydra = spawn('hydra', args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: HYDRA_MS,
  })
  const said = await text(hydra.stdout)
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true, force: true })
  assert(asked >= 120, `hydra asked ${asked} times: ${said}`)
  assert.match(said, /0 valid password/)
  const evaluated = desk.trail.of('STAFF_PASSWORD_WRONG').length
  assert(evaluated <= 10, `${evaluated} were evaluated`)
  const fields = { name: lotte.name, password: lotte.password }
  const page = await askConsole(desk, 'POST', '/login', { fields, cookie: lotte.cookie })
  assert.equal(page.to, '/second', 'the known device, at the first try')
})
