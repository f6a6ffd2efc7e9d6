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
  assert.equal(shown({ span: 'all' }).split('<tr>').length - 2, 30, 'and never more than a screen')
})

test('recovery: the first sentence says up to when, and whether something is missing', () => {
  const lead = (props: Partial<typeof recovery>): string =>
    /<p class="lead">([^<]*)/.exec(shown({ recovery: { ...recovery, ...props } }))?.[1] ?? ''
  assert.match(lead({ gaps: [], untilMs: nowMs - 4000 }), /up to now, can be brought back\.$/)
  assert.match(lead({ gaps: [], untilMs: nowMs - 65_000 }), /up to .*1 min.* ago, can be/)
  assert.match(
    lead({ gaps: [], untilMs: undefined }),
    /the last word of the backup, which does not/,
  )
  const gaps = [{ fromMs: nowMs - DAY_MS, toMs: nowMs - DAY_MS / 2, why: 'lost' }]
  assert.match(lead({ gaps, untilMs: nowMs }), /brought back, but for what is marked\.$/)
})

test('recovery: a moment that cannot be restored says why, and gives no command', () => {
  const page = shown({ atMs: nowMs - 400 * DAY_MS })
  assert.match(page, /role="alert">[^<]+cannot be restored: [^<]+\.</)
  assert(!page.includes('veilig restore'))
  const commands = shown({ atMs: nowMs - 3_600_000 }).match(/<pre>.*?<\/pre>/g) ?? []
  const [whole] = commands.map((one) => one.replaceAll(/<[^>]*>/g, ''))
  assert.equal(whole, 'veilig restore --to 2026-11-24T11:00:00Z --into /a/new/folder')
  assert.equal(commands.length, 3)
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
