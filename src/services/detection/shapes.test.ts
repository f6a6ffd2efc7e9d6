/** What Slack, Teams and ntfy are sent is what they take, and what came from outside stays text. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alertOf } from './alert.ts'
import { shaped } from './shapes.ts'

const finding = {
  detector: 'access.new-tool',
  role: 'app',
  address: '192.0.2.7',
  session: 's',
  database: 'club',
  evidence: '<!channel> & all',
  atMs: 0,
}
const alert = alertOf(finding, 'incident-1', 1)
const hook = { kind: 'webhook', name: 'x', secret: 'x'.repeat(16), drills: false } as const

test('shapes: Slack gets one text, in which nobody outside can call everybody', () => {
  const { url, body } = shaped({ ...hook, shape: 'slack', url: 'https://slack.test/a' }, alert)
  assert.equal(url, 'https://slack.test/a')
  const { text } = JSON.parse(body) as { text: string }
  assert.match(text, /^\*\[low\] An account is used with a program that is new for it\*\n/)
  assert.match(text, /&lt;!channel&gt; &amp; all/)
})

test('shapes: Teams gets a message with an adaptive card', () => {
  const { body } = shaped({ ...hook, shape: 'teams', url: 'https://teams.test/a' }, alert)
  const message = JSON.parse(body) as { attachments: { content: { body: { text: string }[] } }[] }
  assert.equal(message.attachments[0]?.content.body.at(-1)?.text, 'incident-1')
})

test('shapes: ntfy gets its topic in the body, at the door of its server', () => {
  const { url, body } = shaped(
    { ...hook, shape: 'ntfy', url: 'https://ntfy.test/club-alerts' },
    alert,
  )
  assert.equal(url, 'https://ntfy.test/')
  const { topic, priority } = JSON.parse(body) as { topic: string; priority: number }
  assert.deepEqual([topic, priority], ['club-alerts', 2])
})
