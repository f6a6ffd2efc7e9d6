/** What staff see of the mail, and may change: codes and hashes, no content, no whole address. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { startMailGateway } from '#kit/mail-gateway.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { askSocket, type SocketAnswer } from '#system/ask-socket.ts'
import { sourcesChart, volumeChart } from './charts.ts'
import { chartsPage } from './page.ts'
import type { Figures } from './questions.ts'
import type { MailQuestion } from './serve.ts'

const folder = await temporaryFolder('mail-desk')
const deskSocket = join(folder, 'desk.sock')
const gateway = await startMailGateway({}, { deskSocket })
after(async () => {
  await gateway[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => gateway.reset())

function ask(question: MailQuestion | object): Promise<SocketAnswer> {
  return askSocket(deskSocket, question, AbortSignal.timeout(30_000), 1024 * 1024)
}

const to = 'jan@club.example'

test('desk: a sent mail is a line with its state; its content is sealed, then gone', async () => {
  gateway.receiver.answer = () => 451
  await gateway.send({ to, text: 'a secret word' })
  await gateway.idle()
  const { rows } = await gateway.pool.query<{ content: Buffer }>('select content from message')
  assert(rows[0] && !rows[0].content.includes('secret'))
  assert.match((await ask({ ask: 'sent', state: '', tenant: '' })).text, /"state":"queued"/)
  gateway.receiver.answer = () => 250
  gateway.clock.shiftMs = 40_000
  await gateway.receiver.arrived(1)
  await gateway.idle()
  const { text } = await ask({ ask: 'sent', state: 'delivered', tenant: 'all' })
  assert.match(text, /"to":"j…@club\.example"/)
  assert.doesNotMatch(text, /jan@|secret/)
  const kept = await gateway.pool.query('select content, recipient from message, delivery')
  assert.deepEqual(kept.rows, [{ content: null, recipient: 'j…@club.example' }])
})

test('desk: staff end mail to an address with a note, see why, and lift it', async () => {
  const note = 'asked by telephone'
  assert.match((await ask({ ask: 'suppress', address: to, note, by: 'lotte' })).text, /true/)
  await assert.rejects(gateway.send({ to }), /MAIL_SUPPRESSED/)
  await gateway.send({ to, headers: { 'X-Veilig-Category': 'security' } })
  const listed = (await ask({ ask: 'suppressions' })).text
  assert.match(listed, /"reason":"staff".*asked by telephone/)
  assert.doesNotMatch(listed, /jan/)
  const victim = /"victim":"([0-9a-f]{32})"/.exec(listed)?.[1] ?? ''
  assert.match((await ask({ ask: 'lift', victim, by: 'lotte' })).text, /true/)
  await gateway.send({ to })
  assert.equal(gateway.trail.of('MAIL_SUPPRESSION_LIFTED')[0]?.['by'], 'lotte')
})

test('desk: what is no question, or no address, is answered with why', async () => {
  assert.match((await ask({ ask: 'templates' })).text, /"templates":\[\]/)
  assert.equal((await ask({ ask: 'everything' })).status, 400)
  assert.equal((await ask({ ask: 'person', address: 'a b' })).status, 422)
})

test('desk: the pictures say in words what they show, and let no markup in', async () => {
  await gateway.send({ to })
  await gateway.receiver.arrived(1)
  await gateway.idle()
  const said = JSON.parse((await ask({ ask: 'figures' })).text) as { figures: Figures }
  const { figures } = said
  assert.equal(figures.days.length, 30)
  assert.match(volumeChart(figures.days), /1 mails accepted, 1 delivered/)
  const evil = [{ source: '"><script>', messages: 2, passed: 1 }]
  assert.doesNotMatch(sourcesChart(evil), /<script/)
  assert.match(chartsPage({ ...figures, sources: evil }, ''), /1 pass, 1 fail/)
})
