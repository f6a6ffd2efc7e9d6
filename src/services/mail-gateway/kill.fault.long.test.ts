/**
 * The one promise of `250`: whatever dies, and when, what was accepted arrives.
 *
 * The gateway is a process that is killed with -9 again and again while it accepts and delivers.
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  DOMAIN,
  dkimKeys,
  mailPool,
  mailTls,
  PASSWORD,
  RawSmtp,
  TestReceiver,
} from '#kit/mail-gateway.ts'
import type { ProcessInput } from '#kit/mail-gateway-process.ts'
import { startPostgres, temporaryFolder } from '#kit/postgres.ts'
import { mulberry32 } from '#kit/random.ts'
import { systemClock } from '#system/clock.ts'

const KILLS = 4
const program = fileURLToPath(new URL('../../../test/kit/mail-gateway-process.ts', import.meta.url))
const node = fileURLToPath(new URL('../../../bin/node', import.meta.url))

const server = await startPostgres()
const pool = await mailPool(server)
const receiver = new TestReceiver()
const folder = await temporaryFolder('kill')
const input: ProcessInput = {
  connection: {
    ...server.connection,
    user: 'mail-gateway',
    password: PASSWORD,
  } as ProcessInput['connection'],
  receiverPort: await receiver.listen(),
  httpSocket: join(folder, 'http.sock'),
  password: PASSWORD,
  domain: DOMAIN,
  dkimPem: String(dkimKeys[1]?.privateKey.export({ type: 'pkcs8', format: 'pem' })),
  ...mailTls,
}
after(async () => {
  await receiver[Symbol.asyncDispose]()
  await pool.end()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('killed again and again, the gateway loses nothing that it accepted', async (t) => {
  const random = mulberry32(22)
  const accepted = new Set<string>()
  const asked = new Set<string>()
  for (let kill = 0; kill < KILLS; kill++) {
    const { child, port, closed } = await start()
    const client = await RawSmtp.ready(port)
    const enough = accepted.size + 5 + Math.floor(random() * 30)
    let killed: Promise<boolean> | undefined
    for (let mail = 0; ; mail++) {
      const to = `p${kill}-${mail}@club${mail % 5}.example`
      asked.add(to)
      const said = await client.mail(to, `From: a@${DOMAIN}\r\nSubject: ${to}\r\n\r\nhello`)
      if (!said.startsWith('250')) break
      accepted.add(to)
      // Within the time of a mail or so, at any point of it.
      if (accepted.size >= enough)
        killed ??= systemClock.sleep(random() * 30).then(() => child.kill('SIGKILL'))
    }
    client.close()
    await killed
    await closed
  }
  const { child, closed } = await start()
  while (await left()) await systemClock.sleep(50)
  child.kill('SIGKILL')
  await closed
  const arrived = receiver.mails.flatMap(({ to }) => to)
  const missing = [...accepted].filter((to) => !arrived.includes(to))
  assert.deepEqual(missing, [])
  assert(accepted.size > KILLS, 'too few mails to prove anything')
  assert(
    arrived.every((to) => asked.has(to)),
    'nothing is invented',
  )
  const twice = arrived.length - new Set(arrived).size
  // Only what was under way at a kill may come twice: 4 to each of 5 domains.
  assert(twice <= KILLS * 20)
  t.diagnostic(`${accepted.size} accepted, ${arrived.length} arrived, ${twice} twice`)
})

async function left(): Promise<boolean> {
  const { rowCount } = await pool.query(`select from delivery where state = 'queued'`)
  return rowCount !== 0
}

type Started = {
  readonly child: ChildProcess
  readonly port: number
  readonly closed: Promise<unknown>
}

async function start(): Promise<Started> {
  const child = spawn(node, [program, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, port: Number(line.toString()), closed }
}
