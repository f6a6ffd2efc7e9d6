/**
 * Policies of MTA-STS from a real HTTPS server: taken, kept, renewed, and not to be taken away.
 *
 * The server must answer on port 443, so all of it runs in a network namespace of its own (root).
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import { after, before, beforeEach, test } from 'node:test'
import { setDefaultCACertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { systemClock } from '#system/clock.ts'
import { stsPolicies, type PolicyBook, type StsPolicyOf } from './mta-sts.ts'

const isInside = process.env['VEILIG_OWN_NETWORK'] === '1'
/** The authority of tests may speak for this one name. */
const DOMAIN = 'club.localhost'
const MINUTE_MS = 60_000
const TEN_DAYS = 864_000

const text = 'text/plain; charset=utf-8'
const good = policyText('enforce', TEN_DAYS)
/** What the world says now. */
const world = {
  id: 'one' as string | undefined,
  answer: { status: 200, type: text, body: good } as { status: number; type: string; body: string },
  host: `mta-sts.${DOMAIN}`,
  fetched: [] as string[],
}
const kept = new Map<string, { policy: object; expiresMs: number }>()
let server: Server
let nowMs = 0
let policyOf: StsPolicyOf

const book: PolicyBook = {
  read: async (domain) => {
    const found = kept.get(domain)
    return found && found.expiresMs > nowMs ? found.policy : undefined
  },
  write: async (domain, policy, expiresMs) => void kept.set(domain, { policy, expiresMs }),
}

function policyText(mode: string, maxAge: number, mx = `mx.${DOMAIN}`): string {
  return `version: STSv1\r\nmode: ${mode}\r\nmx: ${mx}\r\nmax_age: ${maxAge}\r\n`
}

async function lookup(name: string, type: string): Promise<string[][] | string[]> {
  if (type === 'A' && name === `mta-sts.${DOMAIN}`) return ['127.0.0.1']
  if (type === 'TXT' && name === `_mta-sts.${DOMAIN}` && world.id !== undefined)
    return [[`v=STSv1; id=${world.id};`]]
  throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
}

/** A process that begins anew, with what the book holds. */
function restart(): void {
  policyOf = stsPolicies(lookup, book, () => nowMs)
}

/** Another look after the short memory of the process is over. */
function again(): ReturnType<StsPolicyOf> {
  nowMs += 6 * MINUTE_MS
  return policyOf(DOMAIN)
}

if (isInside) {
  before(async () => {
    const ours = await createLocalAuthority(systemClock.nowMs())
    setDefaultCACertificates([ours.certificatePem])
    const stranger = await createLocalAuthority(systemClock.nowMs())
    const pairs = {
      right: await issueCertificate(ours, [`mta-sts.${DOMAIN}`], systemClock.nowMs()),
      other: await issueCertificate(ours, [`www.${DOMAIN}`], systemClock.nowMs()),
      foreign: await issueCertificate(stranger, [`mta-sts.${DOMAIN}`], systemClock.nowMs()),
    }
    server = createServer((asked, answer) => {
      world.fetched.push(`${asked.headers.host}${asked.url}`)
      const { status, type, body } = world.answer
      answer.writeHead(status, { 'content-type': type, location: '/elsewhere.txt' }).end(body)
    })
    const show = (name: keyof typeof pairs): void => {
      const { keyPem: key, certificatePem: cert } = pairs[name]
      server.setSecureContext({ key, cert })
    }
    shows.show = show
    show('right')
    server.listen(443, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => void server.close())
  beforeEach(() => {
    kept.clear()
    nowMs = systemClock.nowMs()
    Object.assign(world, { id: 'one', fetched: [] })
    world.answer = { status: 200, type: text, body: good }
    shows.show('right')
    restart()
  })
}
const shows = { show: (_pair: 'right' | 'other' | 'foreign'): void => undefined }
const enforced = { mode: 'enforce', mx: [`mx.${DOMAIN}`] }

/** Each by its name; run inside only. */
const cases: Readonly<Record<string, () => Promise<void>>> = {
  'a policy is fetched once, kept for its max_age, and holds over a restart': async () => {
    assert.deepEqual(await policyOf(DOMAIN), enforced)
    assert.deepEqual(await again(), enforced)
    restart()
    assert.deepEqual(await policyOf(DOMAIN), enforced)
    assert.deepEqual(world.fetched, [`mta-sts.${DOMAIN}/.well-known/mta-sts.txt`])
    const leftMs = (kept.get(DOMAIN)?.expiresMs ?? 0) - systemClock.nowMs()
    assert(leftMs > (TEN_DAYS - 600) * 1000 && leftMs <= TEN_DAYS * 1000, `${leftMs} ms`)
  },
  'another id brings the new policy, a mode testing says so, none ends it': async () => {
    await policyOf(DOMAIN)
    world.answer = { ...world.answer, body: policyText('testing', TEN_DAYS, `*.${DOMAIN}`) }
    assert.deepEqual(await again(), enforced)
    world.id = 'two'
    assert.deepEqual(await again(), { mode: 'testing', mx: [`*.${DOMAIN}`] })
    world.id = 'three'
    world.answer = { ...world.answer, body: policyText('none', TEN_DAYS) }
    assert.equal(await again(), undefined)
  },
  'who hides the record, or the server, takes no policy away that was seen': async () => {
    await policyOf(DOMAIN)
    world.id = undefined
    assert.deepEqual(await again(), enforced)
    world.id = 'evil'
    for (const status of [301, 302, 404, 500]) {
      world.answer = { status, type: text, body: policyText('none', TEN_DAYS) }
      assert.deepEqual(await again(), enforced, String(status))
    }
    assert(!world.fetched.some((path) => path.includes('elsewhere')), 'no redirect is followed')
  },
  'a certificate of another name, or of nobody the world knows, is not believed': async () => {
    await policyOf(DOMAIN)
    world.id = 'evil'
    world.answer = { ...world.answer, body: policyText('none', TEN_DAYS) }
    const before = world.fetched.length
    for (const pair of ['other', 'foreign'] as const) {
      shows.show(pair)
      assert.deepEqual(await again(), enforced, pair)
    }
    assert.equal(world.fetched.length, before, 'nothing was asked of it')
    kept.clear()
    restart()
    assert.equal(await policyOf(DOMAIN), undefined)
  },
  'what is no policy is none: another type, too long, too large, no mx': async () => {
    const wrong = [
      { status: 200, type: 'text/html', body: good },
      { status: 200, type: text, body: good + 'x'.repeat(70_000) },
      { status: 200, type: text, body: policyText('enforce', 40_000_000) },
      { status: 200, type: text, body: 'version: STSv1\nmode: enforce\nmax_age: 86400\n' },
      { status: 206, type: text, body: good },
    ]
    for (const [at, answer] of wrong.entries()) {
      Object.assign(world, { answer, id: `wrong${at}` })
      assert.equal(await again(), undefined, String(at))
    }
    assert.equal(kept.size, 0)
  },
  'past half its time a policy is fetched anew, and holds when that fails': async () => {
    await policyOf(DOMAIN)
    const found = kept.get(DOMAIN)
    assert(found)
    const soon = new Date(systemClock.nowMs() + 86_400_000)
    const old = { ...found.policy, expires: soon.toISOString() }
    kept.set(DOMAIN, { policy: old, expiresMs: soon.getTime() })
    shows.show('foreign')
    assert.deepEqual(await again(), enforced)
    assert.equal(kept.get(DOMAIN)?.expiresMs, soon.getTime())
    shows.show('right')
    assert.deepEqual(await again(), enforced)
    assert(Number(kept.get(DOMAIN)?.expiresMs) > soon.getTime() + 8 * 86_400_000)
    assert.equal(world.fetched.length, 2)
  },
}

if (isInside) for (const [name, act] of Object.entries(cases)) test(`MTA-STS: ${name}`, act)
else
  test('MTA-STS: all of it holds before a server on port 443', (t) => {
    const node = fileURLToPath(new URL('../../../../bin/node', import.meta.url))
    const program = 'ip link set lo up && exec "$0" --test-reporter=tap --test "$1"'
    const args = ['--net', 'sh', '-c', program, node, fileURLToPath(import.meta.url)]
    const { NODE_TEST_CONTEXT: _context, ...rest } = process.env
    const env = { ...rest, VEILIG_OWN_NETWORK: '1' }
    const { status, stdout, stderr } = spawnSync('unshare', args, { env, encoding: 'utf8' })
    const passed = stdout.split('\n').filter((line) => /^\s*ok \d+ - MTA-STS: /.test(line))
    for (const line of passed) t.diagnostic(line.trim())
    assert.equal(status, 0, stdout + stderr)
    assert.equal(passed.length, Object.keys(cases).length, stdout)
  })
