/**
 * The path that a rule of ours sees is the path that nginx, Apache and Node.js act on: of paths
 * put together at random from all that is odd, each either ends here or is read alike.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApache, startNginx, startNode } from '#kit/behind.ts'
import { mulberry32 } from '#kit/random.ts'
import { converse, openTls, startGateway } from '#kit/web-gateway.ts'
import { checkPath, readPath } from '#protocol/http/path.ts'

const CASES = Number(process.env['VEILIG_PATHS'] ?? '200')
const SEED = Number(process.env['SEED'] ?? String(Date.now() % 1_000_000))

// prettier-ignore
const bits = [
  'club', 'login', 'LOGIN', 'a.b', '/', '/', '/', '//', '.', '..', '/..', '/../', '/./', ';',
  ';x=1', '..;', '%2f', '%2F', '%5c', '\\', '%2e', '%2e%2e', '%252e', '%252f', '%00', '%2500',
  '%0a', '%20', '%c0%ae', '%c3%a9', '%6cogin', '%256cogin', '%3b', '%3f', '%23', '%25', '%', '%zz',
  '~', '+', ':', '@', ',', '&', '=',
]

function* targets(): Generator<string> {
  const random = mulberry32(SEED)
  const below = (limit: number): number => Math.floor(random() * limit)
  for (let at = 0; at < CASES; at++) {
    const some = Array.from({ length: 1 + below(6) }, () => bits[below(bits.length)])
    yield `/${some.join('')}`
  }
}

for (const [name, start] of [
  ['nginx', startNginx],
  ['Apache', startApache],
  ['Node.js', startNode],
] as const) {
  test(`paths: ${name} acts on the path that our rules see (seed ${SEED})`, async (t) => {
    await using behind = await start()
    const address = { host: '127.0.0.1', port: behind.port }
    await using gateway = await startGateway({ localhost: address })
    let acted = 0
    for (const target of new Set(targets())) {
      const text = `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
      const answer = await converse(await openTls(gateway.httpsPort), text)
      const path = /\r\nx-path: ([^\r]*)\r\n/i.exec(answer)?.[1]
      if (isRefused(target)) {
        assert.match(answer, /^HTTP\/1\.1 400 /, target)
        assert.equal(path, undefined, `${target} was passed on`)
      } else if (path !== undefined) {
        acted++
        // What it decoded must not be taken for the beginning of a query.
        const read = readPath(path.replaceAll('?', '%3f'))
        assert.deepEqual(read, readPath(target), `${target} is ${path} to ${name}`)
      }
    }
    t.diagnostic(`${acted} paths were acted on, as we read them`)
    assert(acted > CASES / 20, `only ${acted} were passed on`)
  })
}

function isRefused(target: string): boolean {
  try {
    checkPath(target)
    return false
  } catch {
    return true
  }
}
