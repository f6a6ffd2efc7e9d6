/** A list of members before it comes in: who acts for whom. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planOf, tableOf, type Known, type Line } from './import.ts'

const subscription = {
  id: 's',
  name: 'Jeugd',
  daysAhead: 7,
  partnersMin: 1,
  guestsSeason: 0,
} as const

function known(email: string, birthYear: number, guardianId?: string): Known {
  const name = { firstName: 'A', lastName: 'B' }
  const same = { subscriptionId: 's', role: 'member', licence: '', wardIds: [] } as const
  const own = { language: undefined, sharesName: false }
  return { id: `id of ${email}`, email, ...name, birthYear, ...same, ...own, guardianId }
}

function plan(text: string, members: readonly Known[]): string[] {
  const table = tableOf(`voornaam;naam;e-mail;geboortejaar;abonnement;ouder\n${text}`)
  if (typeof table === 'string') assert.fail(table)
  const lines = planOf(table, members, [subscription], 2026)
  return lines.map((line: Line) => (line.fate === 'refused' ? line.problem : line.fate))
}

const row = (email: string, year: number, parent = ''): string =>
  `A;B;${email};${year};Jeugd;${parent}`

test('import: a parent may be a member already, or stand anywhere in the file', () => {
  const members = [known('old@a.example', 1980), known('kid@a.example', 2015)]
  const file = [
    row('kid@a.example', 2015, 'OLD@a.example'),
    row('small@a.example', 2017, 'new@a.example'),
    row('new@a.example', 1985),
  ].join('\n')
  assert.deepEqual(plan(file, members), ['changed', 'new', 'new'])
})

test('import: an empty cell leaves the parent, and the same one changes nothing', () => {
  const old = known('old@a.example', 1980)
  const members = [old, known('kid@a.example', 2015, old.id)]
  assert.deepEqual(plan(row('kid@a.example', 2015), members), ['same'])
  assert.deepEqual(plan(row('kid@a.example', 2015, 'old@a.example'), members), ['same'])
})

test('import: nobody, a minor, oneself or who has a parent himself is no parent', () => {
  const old = known('old@a.example', 1980)
  const kid = known('kid@a.example', 2000, old.id)
  const minor = known('minor@a.example', 2012)
  for (const [parent, problem] of [
    ['nobody@a.example', 'import.noGuardian'],
    ['minor@a.example', 'import.youngGuardian'],
    ['x@a.example', 'import.chain'],
    ['kid@a.example', 'import.chain'],
    ['=cmd()', 'import.formula'],
  ] as const)
    assert.deepEqual(plan(row('x@a.example', 2000, parent), [old, kid, minor]), [problem], parent)
  const upside = row('old@a.example', 1980, 'boss@a.example')
  assert.deepEqual(plan(upside, [old, kid, known('boss@a.example', 1970)]), ['import.chain'])
})
