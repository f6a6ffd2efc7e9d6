/** The page of recovery, as it is rendered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from 'preact-render-to-string'
import { busyRecovery } from '#kit/busy-recovery.ts'
import { RecoveryPage, type RecoveryProps } from './page.tsx'

const DAY_MS = 86_400_000
const nowMs = Date.UTC(2026, 10, 24, 12)
const recovery = busyRecovery(nowMs)

function shown(props: Partial<RecoveryProps>): string {
  const account = { name: 'lotte@club.example', role: 'owner' } as const
  const common = { account, csrf: 'x', recovery, problem: undefined, atMs: undefined }
  return render(RecoveryPage({ ...common, span: undefined, nowMs, ...props }))
}

test('recovery: the list is of what the picture shows, and says how many are elsewhere', () => {
  const day = shown({ atMs: nowMs - 40 * DAY_MS, span: 'day' })
  const days = new Set([...day.matchAll(/>(\d+ \w+), \d\d:\d\d</g)].map(([, when]) => when))
  assert.deepEqual([...days], ['15 Oct'])
  assert.match(day, /Backups of this day/)
  const [, elsewhere] = /And (\d+) others/.exec(day) ?? []
  const rows = day.split('<tr>').length - 2
  assert(rows > 20 && rows <= 30)
  assert.equal(Number(elsewhere) + rows, recovery.backups.length)
})

test('recovery: damaged pages are marked in the list', () => {
  assert.match(shown({}), /<b class="damage">3 damaged pages<\/b>/)
})

test('recovery: where there is nothing to pick from, nothing is to be picked', () => {
  const none = { ...recovery, backups: [], gaps: [], holds: [], uncertain: [] }
  for (const page of [shown({ recovery: none }), shown({ recovery: undefined, problem: 'away' })]) {
    assert(!page.includes('Moment to go back to') && !page.includes('<table>'))
  }
  assert.match(shown({ recovery: none }), /nothing can be brought back/)
})
