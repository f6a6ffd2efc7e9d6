/** What the operator brought is found wherever it stands; its age is how long it is the same. */
import assert from 'node:assert/strict'
import { readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { systemClock } from '#system/clock.ts'
import { broughtAges, broughtIn, noteBrought } from './brought.ts'
import { parseConfig } from './config-file.ts'
import { veiligConfig, type VeiligConfig } from './config.ts'
import { pathsIn } from './paths.ts'

const DAY_MS = 86_400_000
const folder = await temporaryFolder('brought')
after(() => rm(folder, { recursive: true, force: true }))
const keyFile = join(folder, 'key')
const hostKey = `SHA256:${'A'.repeat(43)}`

const configWith = (relay: string): VeiligConfig =>
  parseConfig(
    veiligConfig,
    `application: { command: [run], env: { STRIPE_TOKEN: a-token, LANG: nl } }
backup:
  regions:
    - { name: here }
    - { name: abroad, kind: sftp, host: h, user: u, folder: f,
        hostKey: '${hostKey}', keyFile: ${keyFile} }
    - { name: cloud, kind: azure, account: abc, container: copies, key: c2VjcmV0 }
mailGateway:
  delivery: { kind: smarthost, host: relay.example, port: 587, user: u, password: ${relay} }
`,
    'veilig.yaml',
    {},
  )

test('brought: secrets are found by where they stand, and those alone', () => {
  const found = broughtIn(configWith('relay-password'))
  assert.deepEqual(found.map(({ name, owner }) => `${name} ${owner}`).toSorted(), [
    'application.env.STRIPE_TOKEN application',
    'backup.regions.abroad.keyFile backup',
    'backup.regions.cloud.key backup',
    'mailGateway.delivery.password mail-gateway',
  ])
  assert.deepEqual(broughtIn(veiligConfig.parse({})), [], 'the demonstration brings none')
})

test('brought: the age goes on while a secret is the same, and begins with another', async () => {
  await writeFile(keyFile, 'first')
  const made = new Date(Date.now() - 40 * DAY_MS)
  await utimes(keyFile, made, made)
  let aheadMs = 0
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs }
  const place = (relay: string): Parameters<typeof broughtAges>[0] => ({
    paths: pathsIn(folder),
    clock,
    config: configWith(relay),
  })
  const days = async (relay: string): Promise<Record<string, number>> => {
    const ages = await broughtAges(place(relay))
    return Object.fromEntries(ages.map(({ name, ageMs }) => [name, Math.round(ageMs / DAY_MS)]))
  }
  await noteBrought(place('relay-password'))
  aheadMs = 15 * DAY_MS
  const { 'backup.regions.abroad.keyFile': key, 'mailGateway.delivery.password': relay } =
    await days('relay-password')
  assert.deepEqual([key, relay], [55, 15], 'a file is as old as it says, a value since it was seen')
  await utimes(keyFile, new Date(), new Date()) // touched, and no other key
  assert.equal((await days('relay-password'))['backup.regions.abroad.keyFile'], 55)
  assert.equal((await days('another-password'))['mailGateway.delivery.password'], 0)
  const book = await readFile(join(folder, 'secrets', 'supervisor', 'brought.json'), 'utf8')
  assert.doesNotMatch(book, /relay-password|first|c2VjcmV0|a-token/)
})
