/** The table of addresses: no line lets anybody past the lock or the second proof. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startConsole, type TestConsole } from '#kit/console.ts'
import { Approvals } from './approvals.ts'
import { staffConfig } from './config.ts'
import { Desk } from './desk.ts'
import { faultsOf, pageOf, routes, type Demand, type RouteName } from './doors.ts'
import { permissions } from './policy.ts'
import { Requests } from './requests.ts'
import { consoleApp } from './serve.ts'

let desk: TestConsole
before(async () => {
  desk = await startConsole()
})
after(() => desk[Symbol.asyncDispose]())

test('attack: path enumeration: every address registered is a line of the table, no other', () => {
  const inside = new Desk(staffConfig.parse({}), desk.ports)
  const app = consoleApp(inside, new Requests(inside), new Approvals(inside))
  const registered = app.routes
    .filter(({ method, path }) => !(method === 'ALL' && path === '/*')) // headers and limits
    .map(({ method, path }) => `${method} ${path}`)
  assert.deepEqual(registered.toSorted(), Object.keys(routes).toSorted())
})

for (const [name, demand] of Object.entries(routes)) {
  test(`doors: ${name} skips neither the lock nor the second proof`, () => {
    assert.deepEqual(faultsOf(name, demand), [])
  })
}

/** What the law must not let pass. */
const bad: readonly (readonly [RegExp, string, Demand])[] = [
  [/looks at no proof/, 'POST /in', { stage: 'nobody', leadsTo: ['password'] }],
  [/one proof/, 'POST /in', { stage: 'nobody', evaluates: 'password', leadsTo: ['full'] }],
  [/one proof/, 'POST /in', { stage: 'nobody', evaluates: 'notice', leadsTo: ['full'] }],
  [/one proof/, 'POST /in', { stage: 'nobody', evaluates: 'code', leadsTo: ['full'] }],
  [/without a permission/, 'GET /in', { stage: 'full' }],
  [/second person where/, 'GET /in', { stage: 'full', permission: 'account.own', persons: 2 }],
  [/without a proof of who/, 'POST /in', { stage: 'nobody', persons: 2 }],
  [/a program that/, 'POST /in', { stage: 'nobody', program: true }],
  [/a program that/, 'POST /in', { stage: 'nobody', evaluates: 'hook' }],
  [/step-up where/, 'GET /in', { stage: 'full', permission: 'account.own', stepUp: true }],
  [/on a visit/, 'GET /in', { stage: 'nobody', evaluates: 'notice' }],
]
for (const [fault, name, demand] of bad) {
  test(`doors: the law refuses ${fault.source}`, () => {
    assert.match(faultsOf(name, demand).join(), fault)
  })
}

test('doors: what gives rights, erases or lets in asks for the second proof again', () => {
  const fresh = Object.entries(routes).filter(([, { stepUp }]) => stepUp)
  const names = new Set(fresh.map(([name]) => name))
  for (const name of [
    'POST /access/start',
    'POST /access/approve',
    'POST /approvals/approve',
    'POST /staff/invite',
    'POST /account/passkey',
    'POST /account/password',
    'POST /account/codes',
  ]) {
    assert(names.has(name), name)
  }
  for (const [name] of fresh) assert.notEqual(pageOf(name as RouteName), '/', name)
})

test('doors: the prober may do nothing, and only owners manage staff', () => {
  assert.deepEqual(permissions.probe, [])
  for (const role of ['operator', 'support', 'auditor'] as const)
    assert(!permissions[role].includes('staff.manage'))
})
