/** What nobody foresaw is told, keeps no other mail back, and never lets anybody wait for ever. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { DOMAIN, RawSmtp, startMailGateway } from '#kit/mail-gateway.ts'
import { eventually } from '#kit/eventually.ts'

const gateway = await startMailGateway()
after(() => gateway[Symbol.asyncDispose]())

test('stumble: a mail altered in the queue waits and is told of; others go on', async () => {
  gateway.receiver.answer = () => 451
  await gateway.send({ to: 'jan@club.example' })
  await eventually('the first attempt', async () => {
    const { rowCount } = await gateway.pool.query('select from delivery where attempts > 0')
    return rowCount === 1 || undefined
  })
  await gateway.idle()
  const flip = 'set_byte(content, 20, get_byte(content, 20) # 1)'
  await gateway.pool.query(`update message set content = ${flip}`)
  gateway.receiver.answer = () => 250
  gateway.clock.shiftMs = 40_000
  const [told] = await eventually('the record of it', () => {
    const found = gateway.trail.of('MAIL_STUMBLED')
    return found.length > 0 ? found : undefined
  })
  assert.deepEqual([told?.['code'], told?.['where']], ['SEALED_VALUE_ALTERED', 'deliver'])
  await gateway.send({ to: 'piet@club.example' })
  const mails = await gateway.receiver.arrived(1)
  assert.deepEqual(mails[0]?.to, ['piet@club.example'])
  await gateway.idle()
  await gateway.pool.query(`update message set content = ${flip} where content is not null`)
  gateway.clock.shiftMs = 400_000
  await gateway.receiver.arrived(2)
})

test('stumble: a mistake of ours refuses the mail, is told, and ends the process', async () => {
  await gateway.idle()
  const client = await RawSmtp.ready(gateway.port)
  gateway.clock.nowMs = () => {
    throw new ReferenceError('jan@club.example is not defined')
  }
  const said = await client.mail('jan@club.example', `From: a@${DOMAIN}\r\nSubject: x\r\n\r\nhello`)
  client.close()
  assert.match(said, /^451 4\.3\.0 MAIL_STUMBLED nothing was kept/)
  await assert.rejects(gateway.failed, { code: 'MAIL_STUMBLED' })
  const places = gateway.trail.of('MAIL_STUMBLED').slice(-2)
  assert.deepEqual(new Set(places.map((one) => one['where'])), new Set(['accept', 'queue']))
  assert.doesNotMatch(JSON.stringify(places), /jan@/)
  await assert.rejects(gateway.receiver.arrived(100), { code: 'MAIL_STUMBLED' })
})
