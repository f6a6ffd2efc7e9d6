/** The autopilot through the real gateway: learning, the proposal, enforcement, undoing it. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { after, before, test } from 'node:test'
import { startGateway, startUpstream, testAuthority, type TestGateway } from '#kit/web-gateway.ts'
import type { WebGatewayPorts } from '../ports.ts'
import type { Decision } from './decisions.ts'
import { knowledgeFile, type SiteKnowledge } from './knowledge.ts'
import { REPORT_PATH } from './policy-text.ts'
import { propose } from './propose.ts'

const opened = new AsyncDisposableStack()
let gateway: TestGateway
let folder: string
const asked: Readonly<Record<string, unknown>>[] = []

const page = (name: string): string =>
  `<!doctype html><title>t</title><script>hello(${JSON.stringify(name)})</script>` +
  '<button onclick="go(&quot;a&quot;)">b</button><img src="https://pictures.example/a.png">'

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veilig-csp-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const application = opened.use(
    await startUpstream((incoming, response) => {
      asked.push(incoming.headers)
      const path = incoming.url ?? ''
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.setHeader('etag', '"1"')
      response.setHeader('cache-control', 'public, max-age=60, s-maxage=600')
      if (path === '/own') response.setHeader('content-security-policy', "script-src 'nonce-own'")
      if (path === '/attack') return void response.end(`${page('x')}<script>steal()</script>`)
      const broken = page('x').replace('"x"', '"");steal("x"')
      if (path === '/break-out') return void response.end(broken)
      if (path === '/sign-in') {
        const location = 'https://federation.example/authorize?state=secret'
        return void response.writeHead(302, { location }).end()
      }
      if (path === '/data')
        return void response.setHeader('content-type', 'application/json').end('{}')
      if (path === '/packed') return void response.setHeader('content-encoding', 'br').end('?')
      response.end(page(path))
    }),
  )
  gateway = opened.use(await startGateway({ localhost: application.address }, {}, csp()))
})
after(() => opened.disposeAsync())

const csp = (): Pick<WebGatewayPorts, 'csp'> => ({
  csp: {
    sites: new Map([['localhost', 'application']]),
    files: { knowledge: join(folder, 'seen-0.json'), decisions: join(folder, 'decisions.json') },
  },
})

type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

function visit(
  path: string,
  options: { readonly method?: string; readonly body?: string; readonly more?: object } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: gateway.httpsPort,
        path,
        method: options.method ?? 'GET',
        servername: 'localhost',
        ca: testAuthority,
        agent: false,
        headers: {
          host: `localhost:${gateway.httpsPort}`,
          accept: 'text/html',
          'accept-encoding': 'gzip',
          'if-none-match': '"1"',
          ...options.more,
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
        })
      },
    )
    call.on('error', reject)
    call.end(options.body)
  })
}

const nonceOf = (text: string): string | undefined => /'nonce-([\w+/=]+)'/.exec(text)?.[1]
const policyOf = ({ headers }: Answer): string => String(headers['content-security-policy'])

async function knowledge(enough: (known: SiteKnowledge) => boolean): Promise<SiteKnowledge> {
  for (let turn = 0; turn < 3_000; turn++) {
    const text = await readFile(join(folder, 'seen-0.json'), 'utf8').catch(() => '{}')
    const known = knowledgeFile.parse(JSON.parse(text))['application']
    if (known && enough(known)) return known
    await delay(10)
  }
  throw new Error('nothing was written down')
}

async function decide(decision: Decision): Promise<void> {
  const before = gateway.events.length
  await writeFile(join(folder, 'decisions.json'), JSON.stringify({ application: decision }))
  for (let turn = 0; turn < 3_000; turn++) {
    const fresh = gateway.events.slice(before)
    const { state } = decision
    if (fresh.some(({ code, detail }) => code === 'WEB_CSP_DECIDED' && detail['state'] === state)) {
      return
    }
    await delay(10)
  }
  throw new Error('the decision was not taken up')
}

test('autopilot: while it learns nothing is refused, and each page has its own nonce', async () => {
  const [one, other] = [await visit('/a'), await visit('/b')]
  const question = String(one.headers['content-security-policy-report-only'])
  assert.doesNotMatch(policyOf(one), /script-src|default-src/)
  assert.match(question, /report-uri \/\.well-known\/veilig-reports; report-to veilig$/)
  assert.equal(one.headers['reporting-endpoints'], `veilig="${REPORT_PATH}"`)
  const nonce = nonceOf(question) ?? ''
  assert(one.body.includes(`<script nonce="${nonce}">hello("/a")</script>`))
  assert.notEqual(nonceOf(String(other.headers['content-security-policy-report-only'])), nonce)
  assert.equal(one.headers['etag'], undefined)
  assert.equal(one.headers['cache-control'], 'private, max-age=60')
  const [seen] = asked
  assert.equal(seen?.['accept-encoding'], undefined)
  assert.equal(seen?.['if-none-match'], undefined)
})

test('autopilot: an answer with a policy of its own leaves as it came', async () => {
  const own = await visit('/own')
  assert.equal(policyOf(own), "script-src 'nonce-own'")
  assert.equal(own.body, page('/own'))
  assert.equal(own.headers['etag'], '"1"')
  assert.equal(own.headers['content-security-policy-report-only'], undefined)
})

test('autopilot: what cannot be read is passed on whole, and so is what is no page', async () => {
  const packed = await visit('/packed')
  assert.equal(packed.body, '?')
  const data = await visit('/data', { more: { accept: 'application/json' } })
  assert.equal(data.body, '{}')
  assert.equal(data.headers['etag'], '"1"')
  assert.equal(asked.at(-1)?.['accept-encoding'], 'gzip')
})

test('autopilot: HEAD is answered as GET is, without a length that would be wrong', async () => {
  const { headers, body } = await visit('/a', { method: 'HEAD' })
  assert.equal(body, '')
  assert.equal(headers['content-length'], undefined)
  assert(nonceOf(String(headers['content-security-policy-report-only'])))
})

test('autopilot: reports are counted, noise is thrown away, and too much is refused', async () => {
  const address = `https://localhost:${gateway.httpsPort}/a`
  const report = (blocked: string, sourceFile: string = address): object => ({
    type: 'csp-violation',
    body: {
      documentURL: address,
      effectiveDirective: 'connect-src',
      blockedURL: blocked,
      sourceFile,
      disposition: 'report',
    },
  })
  const list = [
    report('https://api.example/x?secret=1'),
    report('https://api.example/y', 'chrome-extension://abc/a.js'),
    report('https://gc.kis.v2.scr.kaspersky-labs.com/a.js'),
  ]
  const more = { 'content-type': 'application/reports+json' }
  const taken = await visit(REPORT_PATH, { method: 'POST', body: JSON.stringify(list), more })
  assert.equal(taken.status, 204)
  const old = {
    'csp-report': {
      'document-uri': address,
      'violated-directive': 'img-src',
      'blocked-uri': 'data',
      'source-file': address,
    },
  }
  await visit(REPORT_PATH, { method: 'POST', body: JSON.stringify(old) })
  await visit(REPORT_PATH, { method: 'POST', body: '][' })
  const large = await visit(REPORT_PATH, { method: 'POST', body: 'x'.repeat(70_000) })
  assert.equal(large.status, 413)
  const known = await knowledge(({ reports }) => reports >= 2)
  assert.equal(known.reports, 2)
  assert.deepEqual(known.noise, { 'an extension’s script': 1, 'a program on the way': 1 })
  assert.equal(known.sources['connect-src https://api.example']?.reported, 1)
  assert(!JSON.stringify(known).includes('secret'))
})

test('autopilot: where the application sends who filled in a form is learned', async () => {
  const from = (site: string): object => ({ 'sec-fetch-mode': 'navigate', 'sec-fetch-site': site })
  await visit('/sign-in', { more: from('cross-site') })
  await visit('/sign-in', { more: from('none') })
  await visit('/sign-in', { method: 'POST', more: from('same-origin') })
  const rule = 'form-action https://federation.example'
  const known = await knowledge(({ sources }) => sources[rule] !== undefined)
  assert.equal(known.sources[rule]?.count, 1, 'who comes from elsewhere teaches nothing')
  assert.equal(known.sources[rule]?.reported, 1, 'and it weighs no more than a report')
  assert(!JSON.stringify(known).includes('secret'))
  const { directives, words } = propose(known)
  assert.deepEqual(directives['form-action'], ["'self'", 'https://federation.example'])
  assert(words.some((word) => word.startsWith('forms may lead to https://federation.example;')))
})

test('autopilot: enforced, known scripts run whatever data they hold; unknown do not', async () => {
  const known = await knowledge(({ views }) => views >= 4)
  const { directives, scripts, styles, words } = propose(known)
  assert.equal(scripts.length, 1, 'one shape, whatever the name')
  assert(words.some((word) => word.includes('https://pictures.example')))
  const rules = { directives, scripts, styles, trustedTypes: true, sinceMs: 1 }
  await decide({ ...rules, state: 'enforced' })
  const good = await visit('/never-seen-before')
  const nonce = nonceOf(policyOf(good)) ?? ''
  assert.match(policyOf(good), /^default-src 'none'; script-src 'self' 'nonce-/)
  assert.match(policyOf(good), /img-src 'self' data: https:\/\/pictures\.example/)
  assert.match(policyOf(good), /script-src-attr 'unsafe-hashes' 'sha256-[\w+/]{43}='/)
  assert(good.body.includes(`<script nonce="${nonce}">hello("/never-seen-before")</script>`))
  assert.match(
    String(good.headers['content-security-policy-report-only']),
    /^require-trusted-types-for 'script'; report-uri/,
  )
  const attack = await visit('/attack')
  assert(attack.body.includes(`<script>steal()</script>`), 'no nonce for what nobody knows')
  assert.equal(attack.body.match(/ nonce="/g)?.length, 1)
  const broken = await visit('/break-out')
  assert.doesNotMatch(broken.body, / nonce="/, 'text that left its quotes is another script')
  const data = await visit('/data', { more: { accept: '*/*' } })
  assert.doesNotMatch(policyOf(data), /nonce/)
  assert.equal(policyOf(await visit('/own')), "script-src 'nonce-own'")
  await knowledge(({ refused }) => Object.keys(refused).length === 2)
})

test('autopilot: undone by one decision; what was learned stays, also over a restart', async () => {
  const nothing = { directives: {}, scripts: [], styles: [], trustedTypes: false }
  await decide({ ...nothing, state: 'learning', sinceMs: 2 })
  assert.doesNotMatch(policyOf(await visit('/a')), /script-src/)
  const { views } = await knowledge(() => true)
  const second = await startGateway({ localhost: { socketPath: '/nonexistent' } }, {}, csp())
  await second[Symbol.asyncDispose]()
  assert((await knowledge(() => true)).views >= views)
})
