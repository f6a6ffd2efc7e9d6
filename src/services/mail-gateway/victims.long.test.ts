/**
 * A thousand forms of fifty clubs against one mailbox: what arrives, and what the others notice.
 *
 * Whole by `VEILIG_CAMPAIGN=1` (1,000 forms × 50 tenants); otherwise a slice of the same.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { DOMAIN, RawSmtp, startMailGateway, unsubscribePath } from '#kit/mail-gateway.ts'
import { eventually } from '#kit/eventually.ts'
import { mulberry32 } from '#kit/random.ts'
import { DAY_MS, HOUR_MS } from './limits.ts'

const isWhole = process.env['VEILIG_CAMPAIGN'] === '1'
const FORMS = Number(process.env['VEILIG_FORMS'] ?? (isWhole ? 1000 : 20))
const [TENANTS, OTHERS] = isWhole ? [50, 2000] : [10, 60]
const FETCHES = isWhole ? 10_000 : 200
const SEED = Number(process.env['VEILIG_SEED'] ?? 8)

const gateway = await startMailGateway({
  rates: { networkPerHour: 1_000_000, tenantPerHour: 10_000_000, domainPerHour: 10_000_000 },
})
after(() => gateway[Symbol.asyncDispose]())

const spellings = [
  'victim@gmail.com',
  'Vic.Tim@Gmail.com',
  'victim+a@gmail.com',
  'v.ictim@googlemail.com',
]

test(`${FORMS} forms of ${TENANTS} clubs: 10 mails in a day, others do not wait`, async (t) => {
  const random = mulberry32(SEED)
  t.diagnostic(`seed ${SEED}`)
  const arrivals = new Map<string, number>()
  const late: number[] = []
  gateway.receiver.answer = (to) => {
    arrivals.set(to, performance.now())
    return 250
  }
  const attackers = await Promise.all(Array.from({ length: 8 }, () => RawSmtp.ready(gateway.port)))
  let left = FORMS * TENANTS
  const perHour = Math.ceil((FORMS * TENANTS) / 24)
  const attack = async (client: RawSmtp): Promise<void> => {
    while (left > 0) {
      const form = left--
      // A day of it, an hour after the other.
      if (form % perHour === 0) gateway.clock.shiftMs += 3_600_000
      const to = spellings[Math.floor(random() * spellings.length)] ?? ''
      const fields = `From: a@${DOMAIN}\r\nX-Veilig-Tenant: club-${form % TENANTS}\r\n`
      const said = await client.mail(to, `${fields}Subject: form ${form}\r\n\r\nwelcome`)
      assert.match(said, /^250|MAIL_VICTIM_LIMIT/)
    }
  }
  const honest = async (): Promise<void> => {
    const client = await RawSmtp.ready(gateway.port)
    for (let mail = 0; mail < OTHERS || left > 0; mail++) {
      const to = `p${mail}@club${mail % 20}.example`
      const said = await client.mail(to, `From: a@${DOMAIN}\r\nSubject: ${mail}\r\n\r\nhello`)
      const accepted = performance.now()
      assert.match(said, /^250/)
      const arrived = await eventually('the mail of another', () => arrivals.get(to))
      late.push(Math.max(0, arrived - accepted))
    }
    client.close()
  }
  await Promise.all([...attackers.map(attack), honest()])
  for (const client of attackers) client.close()
  await gateway.idle()
  const bombs = gateway.receiver.mails.filter(({ to }) => /g(oogle)?mail\.com/.test(to[0] ?? ''))
  const { rows } = await gateway.pool.query<{ received_at: Date }>(
    `select received_at from delivery join message on message.id = message_id
     where domain in ('gmail.com', 'googlemail.com') and delivery.state <> 'withheld'`,
  )
  const times = rows.map((row) => row.received_at.getTime())
  assert.equal(bombs.length, times.length)
  const [inHour, inDay] = [mostWithin(times, HOUR_MS), mostWithin(times, DAY_MS)]
  assert(inHour <= 3 && inDay <= 10, `${inHour} in an hour, ${inDay} in a day`)
  const sorted = late.toSorted((a, b) => a - b)
  const at = (part: number): string => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(0)
  const inTime = late.filter((ms) => ms <= 1000).length / late.length
  t.diagnostic(
    `${FORMS * TENANTS} tried, ${bombs.length} arrived, at most ${inHour} in an hour and ` +
      `${inDay} in a day; ${late.length} others: ` +
      `p50 ${at(0.5)} ms, p99.9 ${at(0.999)} ms, ${(inTime * 100).toFixed(2)} % within a second`,
  )
})

/** The most moments that lie within one stretch of time. */
function mostWithin(times: readonly number[], lengthMs: number): number {
  const within = times.map((start) => times.filter((at) => at >= start && at < start + lengthMs))
  return Math.max(0, ...within.map((some) => some.length))
}

test(`${FETCHES} fetches by link scanners unsubscribe nobody`, async () => {
  await gateway.reset()
  await gateway.send({ to: 'jan@club.example' })
  const [mail] = await gateway.receiver.arrived(1)
  assert(mail)
  const path = unsubscribePath(mail)
  const methods = ['GET', 'HEAD', 'OPTIONS', 'GET']
  const agents = ['Mozilla/5.0', 'BarracudaCentral', 'GoogleImageProxy', '']
  for (let fetch = 0; fetch < FETCHES; fetch++) {
    const method = methods[fetch % methods.length] ?? 'GET'
    const query = fetch % 3 === 0 ? '?List-Unsubscribe=One-Click&action=stop' : ''
    const headers = { 'user-agent': agents[fetch % agents.length] ?? '' }
    const { status } = await gateway.http(method, path + query, '', headers)
    assert([200, 404].includes(status), `${method}: ${status}`)
  }
  assert.equal(gateway.trail.of('MAIL_UNSUBSCRIBED').length, 0)
  await gateway.send({ to: 'jan@club.example' })
})
