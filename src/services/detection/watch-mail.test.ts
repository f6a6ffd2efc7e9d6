/** What the mail gateway held back reaches people: once, and again when it has doubled. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordedEvent } from '#audit/read.ts'
import { detectionConfig } from './config.ts'
import { Watch } from './watch.ts'
import { MailWatch } from './watch-mail.ts'

type Detail = RecordedEvent['detail']

function held(detail: Detail = {}, process = 'mail-gateway', timeMs = 0): RecordedEvent {
  const known = { person: 'p1', why: 'MAIL_VICTIM_LIMIT', sender: 'application', tenant: 'tc' }
  return { process, sequence: 1, timeMs, code: 'MAIL_WITHHELD', detail: { ...known, ...detail } }
}

function told(count: number, event: (at: number) => RecordedEvent): readonly string[] {
  const watch = new MailWatch()
  return Array.from({ length: count }, (_, at) => watch.see(event(at)))
    .flat()
    .map(({ detector, subject, evidence }) => `${detector} ${subject}: ${evidence}`)
}

test('mail: a bombed mailbox is one incident, told at ten and whenever it has doubled', () => {
  assert.deepEqual(
    told(50, (at) => held({ tenant: `club-${at % 5}` })),
    [10, 20, 40].map(
      (count) =>
        `mail.bombing p1: ${count} mails to one person held back within an hour, of 5 tenants`,
    ),
  )
})

test('mail: who asks again now and then, unsubscribed, or measures the limit is no attack', () => {
  assert.deepEqual(
    told(20, (at) => held({ person: `p${at % 4}` })),
    [],
  )
  const tenMinutes = 600_000
  assert.deepEqual(
    told(50, (at) => held({}, 'mail-gateway', at * tenMinutes)),
    [],
  )
  assert.deepEqual(
    told(50, () => held({ why: 'MAIL_UNSUBSCRIBED' })),
    [],
  )
  assert.deepEqual(
    told(50, () => held({ sender: 'prober' })),
    [],
  )
  assert.deepEqual(
    told(50, () => held({}, 'sql-gateway')),
    [],
  )
})

test('mail: a network that asks for too much is told with its name; a wrong From is not', () => {
  const refused = (code: string): RecordedEvent => {
    const detail = { sender: 'application', code, of: '192.0.2.0/24' }
    return { ...held(), code: 'MAIL_REFUSED', detail }
  }
  assert.deepEqual(
    told(15, () => refused('MAIL_NETWORK_RATE')),
    [
      'mail.flood application MAIL_NETWORK_RATE 192.0.2.0/24: ' +
        '10 refused within an hour, MAIL_NETWORK_RATE',
    ],
  )
  assert.deepEqual(
    told(15, () => refused('MAIL_MISALIGNED')),
    [],
  )
})

test('mail: what the gateway stumbled over is told, by the kind of fault', () => {
  const detail = { code: 'SEALED_VALUE_ALTERED', message: 'm1' }
  assert.deepEqual(
    told(1, () => ({ ...held(), code: 'MAIL_STUMBLED', detail })),
    ['mail.stumbled SEALED_VALUE_ALTERED: SEALED_VALUE_ALTERED at one mail, which waits'],
  )
})

test('mail: whoever makes detection begin anew in the midst of a bomb is told all the same', () => {
  const at = (number: number): RecordedEvent => held({ tenant: `club-${number % 5}` })
  let watch = new Watch(detectionConfig.parse({}))
  const found = []
  for (let number = 0; number < 12; number++) {
    found.push(...watch.see(at(number)))
    const kept = JSON.stringify(watch.state())
    watch = new Watch(detectionConfig.parse({}))
    watch.restore(JSON.parse(kept) as ReturnType<Watch['state']>)
  }
  const said = '10 mails to one person held back within an hour, of 5 tenants'
  assert.deepEqual(
    found.map(({ evidence }) => evidence),
    [said],
  )
})
