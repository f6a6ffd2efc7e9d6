/**
 * Mails a second accepted durably and delivered, beside Postfix with OpenDKIM in the same run:
 * submission over TLS on connections that stay open, 2 KB a mail, RSA-2048, one sink for both.
 */
import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { DOMAIN, RawSmtp } from '#kit/mail-gateway.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { emit, median, missing, which } from './kit/bench.ts'
import { Sink, startOurs, startPostfix, type MailSubject } from './kit/mail-subjects.ts'

const MAILS = Number(process.env['BENCH_MAILS'] ?? 1500)
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5)
const CLIENTS = 12
const PATIENCE_MS = 300_000
const body = `${'Baan 3 is voor u, dinsdag van 14:00 tot 15:00. Tot dan!\r\n'.repeat(36)}`

await using stack = new AsyncDisposableStack()
const folder = await temporaryFolder('bench-mail')
stack.defer(() => rm(folder, { recursive: true, force: true }))
const sink = stack.use(new Sink())
const sinkPort = await sink.listen()
const subjects: MailSubject[] = [await startOurs(stack, folder, sinkPort)]
if (which('postfix') && which('opendkim'))
  subjects.push(await startPostfix(stack, folder, sinkPort))
else missing('mail', 'postfix+opendkim', 'postfix and opendkim are not installed')

type Round = { readonly accepted: number; readonly delivered: number; readonly cpuMs: number }
let serial = 0

async function round(subject: MailSubject): Promise<Round> {
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => RawSmtp.ready(subject.port, subject.asksLogin)),
  )
  const before = sink.taken
  const cpu = subject.cpuSeconds()
  const begun = performance.now()
  let left = MAILS
  await Promise.all(
    clients.map(async (client) => {
      while (left-- > 0) {
        const mail = serial++
        const to = `p${mail}@club${mail % 20}.example`
        const head =
          `From: a@${DOMAIN}\r\nTo: ${to}\r\nSubject: mail ${mail}\r\n` +
          `Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <${mail}@${DOMAIN}>\r\n`
        const said = await client.mail(to, `${head}\r\n${body}`)
        if (!said.startsWith('250')) throw new Error(`${subject.name}: ${said}`)
      }
    }),
  )
  const acceptedMs = performance.now() - begun
  while (sink.taken - before < MAILS) {
    if (performance.now() - begun > PATIENCE_MS) throw new Error(`${subject.name} is too slow`)
    await delay(5)
  }
  const deliveredMs = performance.now() - begun
  for (const client of clients) client.close()
  return {
    accepted: (MAILS * 1000) / acceptedMs,
    delivered: (MAILS * 1000) / deliveredMs,
    cpuMs: ((subject.cpuSeconds() - cpu) * 1000) / MAILS,
  }
}

const results = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]))
for (const subject of subjects) await round(subject) // warm
for (let turn = 0; turn < ROUNDS; turn++) {
  for (const subject of subjects) results.get(subject.name)?.push(await round(subject))
}
const metrics = [
  ['accepted', 'mails/s'],
  ['delivered', 'mails/s'],
  ['cpuMs', 'ms of CPU a mail'],
] as const
for (const [metric, unit] of metrics) {
  const of = (name: string): number => median((results.get(name) ?? []).map((one) => one[metric]))
  for (const { name } of subjects) {
    const peers = subjects.filter((other) => other.name !== name)
    const ratio = Object.fromEntries(peers.map((peer) => [peer.name, of(name) / of(peer.name)]))
    emit({ bench: 'mail', subject: name, metric, value: of(name), unit, ratio })
  }
}
if (sink.signed !== sink.taken) throw new Error(`${sink.taken - sink.signed} left unsigned`)
