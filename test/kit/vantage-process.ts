/** A vantage in a process of its own, so that it can live in a network namespace. @module */
import { once } from 'node:events'
import { connect } from 'node:net'
import { request } from 'node:http'
import { ed25519PrivateKey, noteSigner } from '#crypto/signed-note.ts'
import { words } from '#lib/claims/claim.ts'
import { lookWithin } from '#services/status/monitors/look.ts'
import { lookTcp } from '#services/status/monitors/monitors.ts'
import { serveVantage } from '#services/status/vantage/serve.ts'
import { systemClock } from '#system/clock.ts'

const [name = '', seed = '', target = '', report = '', reference = ''] = process.argv.slice(2)
const place = (text: string): { host: string; port: number } => {
  const [host = '', port = ''] = text.split(':')
  return { host, port: Number(port) }
}
const times = { intervalSeconds: 1, timeoutSeconds: 3 }

await serveVantage(times, {
  watched: [
    {
      id: 'one',
      name: words('een', 'one', 'un'),
      look: (stop) =>
        lookWithin(
          times.timeoutSeconds * 1000,
          () => systemClock.monotonicMs(),
          stop,
          (signal) => lookTcp({ kind: 'tcp', ...place(target), greeting: 'hello' }, signal),
        ),
    },
  ],
  reference: async (signal) => {
    const socket = connect(place(reference))
    await once(socket, 'connect', { signal }).finally(() => socket.destroy())
  },
  clock: systemClock,
  signer: noteSigner(name, ed25519PrivateKey(Buffer.from(seed, 'hex'))),
  send: async (body, signal) => {
    const call = request({ ...place(report), path: '/vantage', method: 'POST', signal })
    call.end(body)
    const [answer] = (await once(call, 'response', { signal })) as [
      import('node:http').IncomingMessage,
    ]
    answer.resume()
    if (answer.statusCode !== 204) throw new Error(`it answered ${answer.statusCode}`)
  },
  complain: () => undefined,
})
process.stdout.write('ready\n')
