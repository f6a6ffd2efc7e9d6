/**
 * The gateway in its default, judged by others: testssl.sh finds no fault, nmap and sslscan no
 * weak suite. What testssl.sh says besides is listed here, and why.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { startGateway, startUpstream, testAuthority, type TestGateway } from '#kit/web-gateway.ts'

const run = promisify(execFile)
const opened = new AsyncDisposableStack()
let gateway: TestGateway
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veilig-judged-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'ca.pem'), testAuthority)
  const application = opened.use(
    await startUpstream((_, response) => {
      response.setHeader('content-type', 'text/html').end('<p>hello')
    }),
  )
  gateway = opened.use(await startGateway({ localhost: application.address }))
})
after(() => opened.disposeAsync())

type Finding = { readonly id: string; readonly severity: string; readonly finding: string }

/** What testssl.sh of Debian 12 (3.0) objects to, though nothing is wrong; see docs/GRADERS.md. */
const explained: readonly (readonly [id: RegExp, why: string])[] = [
  [
    /^service$|^ALPN|^scanTime|^engine_problem|^optimal_proto/,
    'says what it could not look at itself',
  ],
  [/^RC4$/, 'its own OpenSSL has no RC4 left to ask with; nmap and sslscan find none'],
  [/^cipherorder|^cipher_order/, 'TLS 1.3: the client knows best whether it has AES in hardware'],
  [/^LUCKY13|^winshock/, 'asks for CBC suites, of which there are none'],
]

test('judged: testssl.sh finds neither an old version, a weak suite nor a known fault', async () => {
  const file = join(folder, 'testssl.json')
  const where = `localhost:${gateway.httpsPort}`
  const what = [
    '-p',
    '-U',
    '--quiet',
    '--color',
    '0',
    '--warnings',
    'off',
    '--fast',
    '--nodns',
    'none',
  ]
  const how = ['--jsonfile', file, '--ip', '127.0.0.1', '--add-ca', join(folder, 'ca.pem'), where]
  await run('testssl', [...what, ...how], { maxBuffer: 1e8 }).catch(() => undefined)
  const findings = JSON.parse(await readFile(file, 'utf8')) as readonly Finding[]
  assert(
    findings.some(({ id }) => id === 'heartbleed' || id === 'ROBOT'),
    'it looked',
  )
  const objections = findings.filter(
    ({ id, severity }) =>
      !/^(?:OK|INFO|DEBUG)$/.test(severity) && !explained.some(([pattern]) => pattern.test(id)),
  )
  assert.deepEqual(objections, [])
})

test('judged: nmap gives every suite an A, and sslscan finds the same and no fault', async () => {
  const port = String(gateway.httpsPort)
  const script = ['-Pn', '-p', port, '--script', 'ssl-enum-ciphers', '127.0.0.1']
  const nmap = await run('nmap', script)
  assert.match(nmap.stdout, /least strength: A/)
  assert.doesNotMatch(nmap.stdout, / - [B-F]\b|warnings:/)
  const { stdout } = await run('sslscan', [
    '--no-colour',
    '--sni-name=localhost',
    `127.0.0.1:${port}`,
  ])
  for (const version of ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1']) {
    assert.match(stdout, new RegExp(`${version}\\s+disabled`))
  }
  assert.match(stdout, /TLSv1\.3\s+enabled/)
  assert.match(stdout, /TLSv1\.3 not vulnerable to heartbleed/)
  assert.match(stdout, /Server supports TLS Fallback SCSV/)
})
