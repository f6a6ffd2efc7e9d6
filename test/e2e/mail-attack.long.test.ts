/**
 * Somebody bombs a mailbox through the forms of many clubs, in a running ring: the person gets the
 * limit, the team an alert and one incident, and everybody else his mail.
 */
import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTransport } from 'nodemailer'
import { eventually } from '#kit/eventually.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { freePortBase, startRing } from '#kit/ring.ts'

const TRIES = 25
const FROM = 'no-reply@reservations.example'

const data = await temporaryFolder('mail-attack')
const portBase = await freePortBase()
const ring = await startRing({ data, portBase })
after(async () => {
  await ring.interrupt()
  await rm(data, { recursive: true, force: true })
})

type Incident = {
  readonly detector: string
  readonly severity: string
  readonly sentence: string
  readonly alerts: number
}

type Sent = { readonly to: string; readonly state: string }

test('mail attack: an alert and one incident at once, and others get theirs', async (t) => {
  const password = join(data, 'secrets', 'mail-gateway', 'application-submission-password')
  const client = createTransport({
    host: 'localhost',
    port: 2525 + portBase,
    requireTLS: true,
    auth: { user: 'application', pass: (await readFile(password, 'utf8')).trim() },
    tls: { ca: await readFile(join(data, 'ca', 'ca.pem'), 'utf8') },
    pool: true,
    maxConnections: 1,
  })
  const send = (to: string, club: string): Promise<object> =>
    client.sendMail({ from: FROM, to, text: 'x', headers: { 'X-Veilig-Tenant': club } })
  const begunMs = performance.now()
  let taken = 0
  for (let form = 0; form < TRIES; form++) {
    const to = form % 2 === 0 ? 'vic.tim@gmail.com' : `victim+${form}@googlemail.com`
    const said = await send(to, `club-${form % 5}`).catch((error: Error) => error)
    if (!(said instanceof Error)) taken++
    else assert.match(said.message, /MAIL_VICTIM_LIMIT/)
  }
  assert.equal(taken, 3)
  const told = await eventually('the incident', async () => {
    const all = JSON.parse(await ring.command('alerts', 'list', '--json')) as readonly Incident[]
    const found = all.filter(({ detector }) => detector === 'mail.bombing')
    return found.some(({ alerts }) => alerts === 2) ? found : undefined
  })
  t.diagnostic(`seen in the list ${Math.round(performance.now() - begunMs)} ms after the first try`)
  assert.equal(told.length, 1)
  assert.equal(told[0]?.severity, 'high')
  assert.match(told[0].sentence, /bombs a mailbox.* mails to one person .* of 5 tenants/)
  assert.doesNotMatch(JSON.stringify(told), /victim|gmail/)
  await send('jan@club.example', 'club-1')
  await eventually('the mail of another', async () => {
    const sent = JSON.parse(await ring.command('mail', 'sent', '--json')) as readonly Sent[]
    return (
      sent.some(({ to, state }) => `${to} ${state}` === 'j…@club.example delivered') || undefined
    )
  })
  client.close()
})
