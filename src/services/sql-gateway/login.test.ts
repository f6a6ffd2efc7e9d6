/** The relayed login: only SCRAM, in order, and the server's cancel key stays with us. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeMessage } from '#protocol/postgres/encode.ts'
import { MessageBuffer, type Message } from '#protocol/postgres/message-buffer.ts'
import type { CancelKey } from './cancel-keys.ts'
import { Login, ScramRelay, type LoginStep } from './login.ts'

const ownKey = (): CancelKey => ({ pid: 7, key: Buffer.from('own!') })

function messageOf(type: string, ...parts: readonly (string | number)[]): Message {
  const bytes = parts.map((part) => {
    if (typeof part === 'string') return Buffer.from(part)
    const number = Buffer.alloc(4)
    number.writeInt32BE(part)
    return number
  })
  const buffer = new MessageBuffer(1_000)
  buffer.push(encodeMessage(type, Buffer.concat(bytes)))
  const message = buffer.next()
  assert(message)
  return message
}

const said = (step: LoginStep): string =>
  `${step.do} ${'bytes' in step ? Buffer.from(step.bytes).toString('latin1', 5) : ''}`

const offer = messageOf('R', 10, 'SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0')
const initial = messageOf('p', 'SCRAM-SHA-256\0', 3, 'n,,')

function authenticated(): Login {
  const login = new Login(new ScramRelay(), ownKey)
  login.fromServer(offer)
  login.fromClient(initial)
  login.fromServer(messageOf('R', 11, 'r=…'))
  login.fromClient(messageOf('p', 'c=…'))
  login.fromServer(messageOf('R', 12, 'v=…'))
  login.fromServer(messageOf('R', 0))
  return login
}

test('login: SCRAM is handed through, without the offer of channel binding', () => {
  const login = new Login(new ScramRelay(), ownKey)
  assert.equal(said(login.fromServer(offer)), 'to-client \0\0\0\nSCRAM-SHA-256\0\0')
  assert(login.clientTurn)
  assert.equal(said(login.fromClient(initial)), 'to-server SCRAM-SHA-256\0\0\0\0\x03n,,')
})

test('login: after it, the client gets our cancel key and we keep the server’s', () => {
  const login = authenticated()
  login.fromServer(messageOf('S', 'application_name\0till\0'))
  assert.equal(said(login.fromServer(messageOf('K', 99, 'srvr'))), 'to-client \0\0\0\x07own!')
  assert.deepEqual(login.backendKey, { pid: 99, key: Buffer.from('srvr') })
  assert.equal(login.application, 'till')
  assert.equal(login.fromServer(messageOf('Z', 'I')).do, 'ready')
})

test('login: whatever is weaker than SCRAM is refused, at every step', () => {
  const weaker = [0, 2, 3, 5, 7, 9, 12]
  for (const request of weaker) {
    const login = new Login(new ScramRelay(), ownKey)
    assert.throws(() => login.fromServer(messageOf('R', request)), { code: 'DB_SERVER_AUTH_WEAK' })
    login.fromServer(offer)
    assert.throws(() => login.fromServer(messageOf('R', 0)), { code: 'DB_SERVER_AUTH_WEAK' })
    login.fromClient(initial)
    assert.throws(() => login.fromServer(messageOf('R', 0)), { code: 'DB_SERVER_AUTH_WEAK' })
  }
  const plusOnly = messageOf('R', 10, 'SCRAM-SHA-256-PLUS\0\0')
  const login = new Login(new ScramRelay(), ownKey)
  assert.throws(() => login.fromServer(plusOnly), { code: 'DB_SERVER_AUTH_WEAK' })
})

test('login: nothing of a session comes before the proof', () => {
  for (const type of ['S', 'K', 'Z', 'D', 'v']) {
    const login = new Login(new ScramRelay(), ownKey)
    assert.throws(() => login.fromServer(messageOf(type, 1, 1)), { code: 'PG_LOGIN_INVALID' })
  }
})

test('login: the client answers in turn, with the mechanism offered, and may leave', () => {
  const login = new Login(new ScramRelay(), ownKey)
  assert.throws(() => login.fromClient(initial), { code: 'PG_LOGIN_INVALID' })
  login.fromServer(offer)
  const plus = messageOf('p', 'SCRAM-SHA-256-PLUS\0', 0)
  assert.throws(() => login.fromClient(plus), { code: 'PG_LOGIN_INVALID' })
  assert.throws(() => login.fromClient(messageOf('Q', 'SELECT 1\0')), { code: 'PG_LOGIN_INVALID' })
  assert.equal(login.fromClient(messageOf('X')).do, 'leave')
})

test('login: the server’s own refusal is told with its SQLSTATE', () => {
  const login = new Login(new ScramRelay(), ownKey)
  const step = login.fromServer(messageOf('E', 'VFATAL\0C28P01\0\0'))
  assert.equal(step.do === 'failed' && step.sqlstate, '28P01')
})
