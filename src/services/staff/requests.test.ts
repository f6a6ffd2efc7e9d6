/** Approval from a mail: who is told, what the link in it may do, and what it may not. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { askConsole, enrolled, startConsole, type Page, type TestConsole } from '#kit/console.ts'
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
