/** The team's chat is told what was asked and where to look, in the form that chats take. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { accessConfig } from '#services/access/config.ts'
import { systemClock } from '#system/clock.ts'
import { teamHook } from './console-words.ts'

test('team hook: one JSON object with the text and the link; a refusal is said', async () => {
  const posted: { readonly type: string | undefined; readonly text: unknown }[] = []
  let status = 200
  const server = createServer((incoming, outgoing) => {
    let body = ''
    incoming.setEncoding('utf8')
    incoming.on('data', (part: string) => (body += part))
    incoming.on('end', () => {
      const { text } = JSON.parse(body) as { text: unknown }
      posted.push({ type: incoming.headers['content-type'], text })
      outgoing.writeHead(status, { location: '/elsewhere' }).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  const tell = teamHook(accessConfig.parse({ webhookUrl: url }), systemClock)
  assert(tell)
  await tell('lotte asks', 'https://console.example/access')
  const text = 'lotte asks\nhttps://console.example/access'
  assert.deepEqual(posted, [{ type: 'application/json', text }])
  status = 500
  await assert.rejects(tell('x', 'y'), { code: 'TEAM_HOOK_REFUSED' })
  status = 302 // what was asked is for this address and no other
  await assert.rejects(tell('x', 'y'))
  server.closeAllConnections()
  server.close()
  assert.equal(teamHook(accessConfig.parse({}), systemClock), undefined)
})
