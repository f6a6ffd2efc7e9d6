/**
 * The corpus of request smuggling against the gateway before nginx, Apache and Node.js: whatever is
 * sent, no server behind sees the hidden request, and the next visitor gets his own answer.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApache, startNginx, startNode } from '#kit/behind.ts'
import { smugglingCorpus } from '#kit/smuggling-corpus.ts'
import { converse, openTls, startGateway, type TestGateway } from '#kit/web-gateway.ts'

test('smuggling: the corpus has at least 200 cases', () => {
  assert(smugglingCorpus.length >= 200, String(smugglingCorpus.length))
})

for (const [name, start] of [
  ['nginx', startNginx],
  ['Apache', startApache],
  ['Node.js', startNode],
] as const) {
  test(`smuggling: ${name} behind the gateway never sees a hidden request`, async (t) => {
    await using behind = await start()
    // One connection to the server: whatever were left on it, the next visitor would get.
    const limits = { upstreamConnectionsMax: 1, upstreamGraceMs: 30_000 }
    const address = { host: '127.0.0.1', port: behind.port }
    await using gateway = await startGateway({ localhost: address }, { limits })
    let passed = 0
    for (const [index, { name: what, bytes }] of smugglingCorpus.entries()) {
      if (await attack(gateway, bytes)) passed++
      assert.equal(await visit(gateway, `/visitor-${index}`), `/visitor-${index}`, what)
    }
    t.diagnostic(`${smugglingCorpus.length} cases, ${passed} passed on as one request each`)
    assert.doesNotMatch(await behind.seen(), /smuggled/)
    assert.match(await behind.seen(), /\/visitor-200/)
  })
}

/** Sends it, and hangs up when it is answered, or closed, or clearly waiting for more. */
async function attack(gateway: TestGateway, bytes: string): Promise<boolean> {
  const socket = await openTls(gateway.httpsPort)
  socket.setTimeout(250, () => socket.destroy()) // what waits for more gets none
  const answer = await converse(socket, bytes, (text) => /\r\n\r\n/.test(text))
  return answer.startsWith('HTTP/1.1 2')
}

async function visit(gateway: TestGateway, path: string): Promise<string | undefined> {
  const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
  const answer = await converse(await openTls(gateway.httpsPort), request)
  return /\r\nx-uri: ([^\r]*)\r\n/i.exec(answer)?.[1]
}
