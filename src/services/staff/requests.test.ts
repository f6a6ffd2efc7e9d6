/** Approval from a mail or by the team's program: who is told, what it may do, and what not. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { askAsProgram, askConsole, enrolled, hookSecret, startConsole } from '#kit/console.ts'
import type { Page, TestConsole } from '#kit/console.ts'
import { eventually } from '#kit/eventually.ts'
import { ShiftedClock } from '#kit/mail-gateway.ts'
import { askStaff } from './client.ts'

const LINK = /https:\/\/console\.localhost:8443(\/access\S*)/
const clock = new ShiftedClock()
let desk: TestConsole

before(async () => {
  desk = await startConsole({ clock })
  await enrolled(desk, 'lotte@club.example', 'support')
  await enrolled(desk, 'daan@club.example', 'operator')
  await enrolled(desk, 'noor@club.example', 'owner')
  await enrolled(desk, 'ines@club.example', 'auditor')
})
after(() => desk[Symbol.asyncDispose]())

type Request = { readonly id: string; readonly state: string; readonly approvedBy: string | null }

/** Asks, and waits for the mails: to whom, and the path of the link in each. */
async function ask(account: string, role: 'read' | 'write', mails: number) {
  const seen = desk.mails.length
  const wish = { account, role, minutes: 15, reason: 'a club cannot log in' }
  const { id } = (await askStaff(desk.adminSocket, '/access/request', wish)) as { id: string }
  await eventually('the mails', () => (desk.mails.length >= seen + mails ? true : undefined))
  const told = desk.mails
    .slice(seen)
    .map(({ to, text }) => [to, LINK.exec(text)?.[1] ?? ''] as const)
  return { id, links: new Map(told) }
}

async function stateOf(id: string): Promise<Request> {
  const list = (await askStaff(desk.adminSocket, '/access/list')) as readonly Request[]
  const found = list.find((one) => one.id === id)
  assert(found)
  return found
}

function confirm(path: string, address = '192.0.2.9'): Promise<Page> {
  const token = path.split('/').at(-1) ?? ''
  return askConsole(desk, 'POST', '/access/link', { fields: { token }, address })
}

test('requests: owners and operators are told, each with his own link, nobody else', async () => {
  const { links } = await ask('daan@club.example', 'read', 1)
  assert.deepEqual([...links.keys()], ['noor@club.example'])
  const both = (await ask('lotte@club.example', 'read', 2)).links
  assert.deepEqual([...both.keys()].toSorted(), ['daan@club.example', 'noor@club.example'])
  assert.equal(new Set(both.values()).size, 2)
})

test('requests: a visit to the link changes nothing; one click approves, once', async () => {
  const { id, links } = await ask('lotte@club.example', 'read', 2)
  const path = links.get('noor@club.example') ?? ''
  for (const method of ['GET', 'GET']) {
    const page = await askConsole(desk, method, path)
    assert.match(page.text, /a club cannot log in/)
  }
  assert.equal((await stateOf(id)).state, 'requested')
  await confirm(path)
  const approved = await stateOf(id)
  assert.deepEqual([approved.state, approved.approvedBy], ['approved', 'noor@club.example'])
  const [event] = desk.trail.of('ACCESS_APPROVED').slice(-1)
  assert.equal(event?.['request'], id)
  // Used, and the other's link is about something that is decided.
  for (const one of links.values())
    assert.match((await confirm(one)).text, /was used, or is too old, or/)
})

test('requests: a mailbox alone lets nobody write', async () => {
  const { id, links } = await ask('lotte@club.example', 'write', 2)
  assert.deepEqual(new Set(links.values()), new Set(['/access']))
  assert.equal((await stateOf(id)).state, 'requested')
})

test('requests: a link that is old, or of a disabled account, approves nothing', async () => {
  const { id, links } = await ask('lotte@club.example', 'read', 2)
  await askStaff(desk.adminSocket, '/disable', { name: 'daan@club.example' })
  await confirm(links.get('daan@club.example') ?? '')
  assert.equal((await stateOf(id)).state, 'requested')
  clock.shiftMs = 61 * 60_000
  await confirm(links.get('noor@club.example') ?? '')
  clock.shiftMs = 0
  assert.equal((await stateOf(id)).state, 'requested')
})

test('requests: invented links are counted, and then not looked at', async () => {
  const answers: number[] = []
  for (let at = 0; at < 12; at++) {
    const token = Buffer.alloc(32, at).toString('base64url')
    answers.push((await confirm(`/access/link/${token}`, '203.0.113.9')).status)
  }
  assert.equal(answers.at(-1), 429, answers.join(' '))
})

test('requests: the team’s program approves for somebody who may, what it was told', async () => {
  const asked = await ask('lotte@club.example', 'read', 1)
  const { waiting } = desk.told.at(-1) ?? {}
  assert.deepEqual(waiting, {
    request: asked.id,
    by: 'lotte@club.example',
    role: 'read',
    minutes: 15,
    reason: 'a club cannot log in',
  })
  const page = await byProgram(asked.id, 'noor@club.example')
  assert.deepEqual(
    [page.status, JSON.parse(page.text)],
    [200, { approved: true, message: 'approved' }],
  )
  const approved = await stateOf(asked.id)
  assert.deepEqual([approved.state, approved.approvedBy], ['approved', 'noor@club.example'])
  assert.equal((await byProgram(asked.id, 'noor@club.example')).status, 409, 'it no longer waits')
})

test('requests: the team’s program lets nobody write, nor speaks for who may not', async () => {
  const write = await ask('lotte@club.example', 'write', 1)
  assert.equal((await byProgram(write.id, 'noor@club.example')).status, 409)
  const read = await ask('noor@club.example', 'read', 0)
  // One who asked himself, one without the right, one who was disabled, one who is nobody.
  for (const approver of ['noor', 'ines', 'daan', 'nobody']) {
    const { status } = await byProgram(read.id, `${approver}@club.example`)
    assert.equal(status, 409, approver)
  }
  for (const id of [write.id, read.id]) assert.equal((await stateOf(id)).state, 'requested')
})

test('requests: what the team’s program did not sign, or not now, is refused', async () => {
  const { id } = await ask('lotte@club.example', 'read', 1)
  const noor = 'noor@club.example'
  const cases = [
    [{}, 'another secret, as long as that one'],
    [{ atMs: Date.now() - 301_000 }, hookSecret],
    [{ headers: { 'x-veilig-signature': '' } }, hookSecret],
    [{ headers: { origin: 'https://console.localhost:8443' } }, hookSecret],
  ] as const
  const said = { request: id, approver: noor }
  for (const [more, secret] of cases)
    assert.equal((await askAsProgram(desk, '/access/hook', said, secret, more)).status, 403)
  const other = desk.trail.of('ACCESS_APPROVED').length
  assert.equal((await stateOf(id)).state, 'requested')
  const statuses: number[] = []
  for (let at = 0; at < 12; at++)
    statuses.push((await askAsProgram(desk, '/access/hook', said, 'x'.repeat(24))).status)
  assert.equal(statuses.at(-1), 429, 'wrong ones are counted')
  assert.equal(desk.trail.of('ACCESS_APPROVED').length, other)
})

function byProgram(request: string, approver: string): Promise<Page> {
  return askAsProgram(desk, '/access/hook', { request, approver }, hookSecret)
}
