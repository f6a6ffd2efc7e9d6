/**
 * Commands of the operator at the machine, against a console as the ring runs it: what takes two
 * persons is done by two, and outside services are written down and counted.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { generate } from 'otplib'
import { enrolled, startConsole } from '#kit/console.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { veilig } from '#kit/ring.ts'

const KEY = 'VEILIG-RECOVERY-1 00000-00000'
const folder = await temporaryFolder('two-persons')
const desk = await startConsole()
after(async () => {
  await desk[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})
const daan = await enrolled(desk, 'daan@club.example', 'operator')
const noor = await enrolled(desk, 'noor@club.example', 'owner')
await mkdir(join(folder, 'run'))
await symlink(desk.adminSocket, join(folder, 'run', 'staff.sock'))
await mkdir(join(folder, 'secrets', 'recovery'), { recursive: true })
await writeFile(join(folder, 'secrets', 'recovery', 'recovery.key'), `${KEY}\n`)

type Said = { readonly status: number; readonly out: string; readonly error: string }

async function run(...args: string[]): Promise<Said> {
  try {
    const { stdout } = await promisify(execFile)(veilig, [...args, '--data', folder])
    return { status: 0, out: stdout, error: '' }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { status: code, out: stdout, error: stderr }
  }
}

async function asked(act: string, subject: string): Promise<string> {
  const why = ['--account', daan.name, '--reason', 'the safe was opened']
  const { out } = await run('approval', 'ask', act, subject, ...why, '--json')
  return (JSON.parse(out) as { id: string }).id
}

async function approve(id: string, who: typeof daan): Promise<Said> {
  // An authenticator's code counts once; nobody waits here for the next half minute.
  await desk.query('update staff.totp set last_step = 0')
  const code = await generate({ secret: who.seed })
  return run('approval', 'approve', id, '--account', who.name, '--code', code)
}

test('two persons: the recovery key is shown to two, once', async () => {
  const alone = await run('backup', 'recovery-key')
  assert.equal(alone.status, 1)
  assert.match(alone.error, /APPROVAL_MISSING/)
  const id = await asked('read-recovery-key', 'recovery.key')
  assert.match((await approve(id, daan)).error, /APPROVAL_OWN/)
  assert.match((await run('backup', 'recovery-key')).error, /APPROVAL_MISSING/)
  const given = await approve(id, noor)
  assert.equal(given.status, 0, given.error)
  const both = await run('backup', 'recovery-key')
  assert.equal(both.status, 0, both.error)
  assert(both.out.startsWith(`${KEY}\nAsked for by ${daan.name}, approved by ${noor.name}.`))
  assert.match((await run('backup', 'recovery-key')).error, /APPROVAL_MISSING/)
  const used = desk.trail.of('APPROVAL_USED')
  assert.equal(used.length, 1)
  assert(!JSON.stringify(desk.trail.events).includes('00000-00000'))
})

test('two persons: an approval is for one thing, and a hold is not released by one', async () => {
  const id = await asked('erase', 'hold-1')
  assert.equal((await approve(id, noor)).status, 0)
  const other = await run('backup', 'release', 'hold-2', '--reason', 'x')
  assert.match(other.error, /APPROVAL_MISSING/)
  // Agreed to: now only the backup service is missing here.
  const agreed = await run('backup', 'release', 'hold-1', '--reason', 'x')
  assert.doesNotMatch(agreed.error, /APPROVAL_MISSING/)
  assert.equal(desk.trail.of('APPROVAL_USED').length, 2)
})

test('outside services: kept and listed by command; what is no service is refused', async () => {
  const keep = (...more: string[]): Promise<Said> =>
    run('outside', 'keep', '--name', 'Hosting', '--purpose', 'machines', ...more)
  const facts = [
    '--owner',
    noor.name,
    '--personal-data',
    'all, encrypted',
    '--changed',
    '2026-10-02',
  ]
  const kept = await keep(...facts, '--second-factor', 'yes')
  assert.equal(kept.status, 0, kept.error)
  assert.match(kept.out, /Hosting is written down/)
  assert.match(
    (await run('outside', 'list')).out,
    /^Hosting: second factor yes, changed 2026-10-02/,
  )
  const wrong = await keep(...facts, '--second-factor', 'perhaps')
  assert.match(wrong.error, /OUTSIDE_INVALID/)
  const list = JSON.parse((await run('outside', 'list', '--json')).out) as { name: string }[]
  assert.deepEqual(
    list.map(({ name }) => name),
    ['Hosting'],
  )
})

test('access by command: asked, approved, listed and revoked', async () => {
  const wish = [
    '--account',
    daan.name,
    '--role',
    'read',
    '--minutes',
    '5',
    '--reason',
    'a question',
  ]
  const { out } = await run('access', 'request', ...wish, '--json')
  const { id } = JSON.parse(out) as { id: string }
  assert.match(
    (await run('access', 'approve', id)).out,
    /As jit_x for 1 minute, until 00:00:00 UTC/,
  )
  assert.equal((await run('access', 'revoke', id)).status, 0)
  assert.match((await run('access', 'list')).out, /ended/)
  const stranger = await run('access', 'request', '--account', 'x', '--reason', 'y')
  assert.match(stranger.error, /STAFF_UNKNOWN/)
})
