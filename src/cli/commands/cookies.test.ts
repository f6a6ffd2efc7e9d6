/** What the operator is told about an application's cookies. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newKnowledge, see } from '#services/web-gateway/csp/knowledge.ts'
import { cookieAdvice } from './cookies.ts'

test('cookies: each is told with who reads it and what would make it safer', () => {
  const knowledge = newKnowledge(0)
  const at = { nowMs: 1, page: '/' }
  see(knowledge.cookies, 'sid', { ...at, sample: 'Path=/; HttpOnly' })
  see(knowledge.cookies, 'wide_session', { ...at, sample: 'Domain=club.example; Path=/' })
  see(knowledge.cookies, '__Host-session', { ...at, sample: 'Path=/; Secure' })
  see(knowledge.cookies, 'theme', { ...at, sample: '' })
  see(knowledge.readCookies, 'theme', { ...at, sample: 'named in a script' })
  see(knowledge.readCookies, 'sid', { ...at, sample: 'sent back as x-a' })
  const told = cookieAdvice(knowledge).map(({ name, advice }) => `${name}: ${advice.join(' ')}`)
  assert.match(told.join('\n'), /^__Host-session: \n/)
  assert.match(told.join('\n'), /sid: Name it __Host-sid: .* A script reads a session\./)
  assert.match(told.join('\n'), /theme: Add it to webGateway\.cookies\.readByScripts/)
  assert.match(told.join('\n'), /wide_session: Leave Domain out/)
})
