/** Who sees and does what of the ring at work, and what happens when a service is away. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { FaultError } from '#lib/errors.ts'
import { alertId, busyOverview, busyWatch } from '#kit/busy-watch.ts'
import { askConsole, csrfIn, signedIn, startConsole, type TestConsole } from '#kit/console.ts'
import { questionFrom } from './audit.tsx'
import { concernsOf } from './overview.tsx'

const watch = busyWatch()
let searched = 0
let away = false
let desk: TestConsole
const cookies = new Map<string, string>()
before(async () => {
  const told = {
    ...watch,
    acknowledge: (id: string, by: string) => watch.acknowledge(id, by),
    search: (question: Parameters<typeof watch.search>[0]) => {
      searched++
      return watch.search(question)
    },
    alerts: () =>
      away
        ? Promise.reject(new FaultError('ALERTS_UNREADABLE', 'the alerts cannot be read'))
        : watch.alerts(),
  }
  desk = await startConsole({ overview: () => Promise.resolve(busyOverview), watch: told })
  for (const role of ['owner', 'operator', 'support', 'auditor'])
    cookies.set(role, await signedIn(desk, `${role}@club.example`, role))
})
after(() => desk[Symbol.asyncDispose]())

const statusOf = async (
  role: string,
  method: string,
  path: string,
  more: Readonly<Record<string, string>> = {},
): Promise<number> => {
  const cookie = cookies.get(role) ?? ''
  const csrf = csrfIn(await askConsole(desk, 'GET', '/account', { cookie }))
  const fields = { csrf, ...more }
  return (await askConsole(desk, method, path, { cookie, fields })).status
}

test('watch: each role sees its pages, and no other', async () => {
  const seen: Record<string, string> = {}
  for (const role of cookies.keys()) {
    const paths = [
      '/',
      '/alerts',
      '/incidents',
      '/monitors',
      '/claims',
      '/mail',
      '/audit',
      '/settings',
    ]
    const answers = await Promise.all(paths.map((path) => statusOf(role, 'GET', path)))
    seen[role] = answers.map((status) => (status === 200 ? 'y' : String(status))).join(' ')
  }
  assert.deepEqual(seen, {
    owner: 'y y y y y y y y',
    operator: 'y y y y y y y y',
    support: 'y y y y y y 403 403',
    auditor: 'y y y y y y y y',
  })
  const page = await askConsole(desk, 'GET', '/incidents', { cookie: cookies.get('support') ?? '' })
  assert(!page.text.includes('breach-2026'), 'the register is not for support')
  assert(!page.text.includes('<textarea'), 'and neither is the word to the public')
})

test('watch: support and auditors take no alert and publish nothing; operators do', async () => {
  for (const role of ['support', 'auditor']) {
    assert.equal(await statusOf(role, 'POST', '/alerts/acknowledge', { id: alertId }), 403)
    assert.equal(await statusOf(role, 'POST', '/incidents/open', { title: 'x', text: 'x' }), 403)
    assert.equal(await statusOf(role, 'POST', '/incidents/update', { id: '12', text: 'x' }), 403)
  }
  assert.equal(watch.acknowledgedBy, undefined)
  assert.equal(await statusOf('operator', 'POST', '/alerts/acknowledge', { id: alertId }), 303)
  assert.equal(watch.acknowledgedBy, 'operator@club.example')
  const acted = desk.trail.of('STAFF_ACTED').at(-1)
  assert.equal(acted?.['act'], 'alert-acknowledge')
  assert(!JSON.stringify(acted).includes('operator@'), 'by a key, not by name')
})

test('watch: support and auditors see mail, and silence nobody', async () => {
  for (const role of ['support', 'auditor']) {
    const page = await askConsole(desk, 'GET', '/mail', { cookie: cookies.get(role) ?? '' })
    assert(page.text.includes('j…@club.example'))
    assert(!/action="\/mail\/(silence|lift)/.test(page.text), `${role} is shown no form`)
    assert.equal(await statusOf(role, 'POST', '/mail/silence', { address: 'a@b.example' }), 403)
    assert.equal(await statusOf(role, 'POST', '/mail/lift', { victim: '0'.repeat(32) }), 403)
  }
  assert.equal(await statusOf('operator', 'POST', '/mail/silence', { address: 'a@b.example' }), 303)
  assert.equal(desk.trail.of('STAFF_ACTED').at(-1)?.['act'], 'mail-silence')
  assert(!JSON.stringify(desk.trail.of('STAFF_ACTED')).includes('b.example'))
  assert.equal(await statusOf('operator', 'POST', '/mail/lift', { victim: '0'.repeat(32) }), 303)
  assert.equal(await statusOf('operator', 'POST', '/mail/lift', { victim: '../x' }), 422)
})

test('watch: who looks an address up stands in the record, and the address nowhere', async () => {
  const address = 'jan.de.wit@b.example'
  assert.equal(await statusOf('support', 'POST', '/mail/person', { address }), 200)
  const event = desk.trail.of('STAFF_ACTED').at(-1)
  assert.equal(event?.['act'], 'mail-person')
  assert.match(String(event['person']), /^[0-9a-f]{32}$/)
  assert(!JSON.stringify(event).includes('jan.de.wit'))
})

test('watch: the mails shown are those of a state and a club; a wrong filter is none', async () => {
  const cookie = cookies.get('support') ?? ''
  for (const [query, filter] of [
    ['?state=refused&tenant=tc-noord', { state: 'refused', tenant: 'tc-noord' }],
    ["?state=x&tenant=a'b", { state: '', tenant: '' }],
  ] as const) {
    await askConsole(desk, 'GET', `/mail${query}`, { cookie })
    assert.deepEqual(watch.mailFilter, filter)
  }
})

test('watch: a template stands in a frame that can do nothing, and nowhere else', async () => {
  const cookie = cookies.get('support') ?? ''
  const query = '?name=confirmation&language=nl&look='
  const face = await askConsole(desk, 'GET', `/mail/template/face${query}dark`, { cookie })
  assert.match(face.policy, /^sandbox; default-src 'none'; style-src 'unsafe-inline'/)
  assert.match(face.policy, /frame-ancestors 'self'/)
  assert(face.text.includes('@media all') && face.text.includes('<base target="_blank">'))
  const page = await askConsole(desk, 'GET', `/mail/template${query}light`, { cookie })
  assert.match(page.text, /<iframe[^>]* sandbox/)
  assert.match(page.policy, /frame-ancestors 'none'/)
  assert.equal(await statusOf('support', 'GET', '/mail/template?name=../x&language=nl'), 404)
})

test('watch: a search stands in the record before its answer, with no word of it', async () => {
  const before = searched
  assert.equal(await statusOf('auditor', 'GET', '/audit?person=jan.de.wit'), 200)
  assert.equal(searched, before + 1)
  const event = desk.trail.of('STAFF_ACTED').at(-1)
  assert.equal(event?.['act'], 'audit-search')
  assert(!JSON.stringify(event).includes('jan.de.wit'))
  for (const wrong of ['from=yesterday', 'from=2026-01-01T00:00&to=2026-11-01T00:00'])
    assert.equal(await statusOf('auditor', 'GET', `/audit?${wrong}`), 422)
  assert.equal(searched, before + 1)
})

test('watch: a question is read strictly', () => {
  const nowMs = Date.UTC(2026, 10, 23, 12)
  assert.equal(questionFrom({ person: ` ${'x'.repeat(999)}` }, nowMs).question.person.length, 200)
  assert.match(questionFrom({ from: 'x' }, nowMs).problem ?? '', /Write moments/)
  const reversed = { from: '2026-11-23T11:00', to: '2026-11-23T10:00' }
  assert.match(questionFrom(reversed, nowMs).problem ?? '', /before the beginning/)
})

test('watch: while a service is away the overview says so, and its page too', async () => {
  away = true
  const cookie = cookies.get('owner') ?? ''
  const page = await askConsole(desk, 'GET', '/alerts', { cookie })
  assert.equal(page.status, 503)
  assert.match(page.text, /cannot be read/)
  assert.match((await askConsole(desk, 'GET', '/', { cookie })).text, /alerts cannot be read/)
  away = false
  assert.equal((await askConsole(desk, 'GET', '/alerts/nothing', { cookie })).status, 404)
})

test('watch: a page that renews itself does not keep a session alive', async () => {
  const cookie = cookies.get('owner') ?? ''
  const used = (): Promise<{ at: Date }[]> =>
    desk.query<{ at: Date }>('select max(seen_at) as at from staff.session')
  await desk.query(`update staff.session set seen_at = now() - interval '20 minutes'`)
  const [before] = await used()
  const answer = await askConsole(desk, 'GET', '/', { cookie, headers: { 'x-live': '1' } })
  assert.equal(answer.status, 200)
  assert.deepEqual(await used(), [before])
  await askConsole(desk, 'GET', '/', { cookie })
  assert.notDeepEqual(await used(), [before])
})

test('watch: a quiet ring has no concern, and a grave one comes first', () => {
  const account = { name: 'x', role: 'owner' } as const
  const quiet = { claims: [], processes: [], backups: [] }
  const base = { account, nowMs: 0, overview: quiet, alerts: [], incidents: [] }
  assert.deepEqual(concernsOf(base), [])
  const found = concernsOf({ ...base, overview: busyOverview, alerts: undefined })
  assert.deepEqual(
    found.map(({ tint }) => tint),
    ['failing', 'failing', 'failing', 'stale'],
  )
})
