/** Another key for a region takes over only after it was tried; an old one that is left is told. */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryFolder } from '#kit/postgres.ts'
import { veilig } from '#kit/ring.ts'
import { startSshd } from '#kit/sshd.ts'

const run = promisify(execFile)
const folder = await temporaryFolder('rotate-region')
const sshd = await startSshd()
after(async () => {
  await sshd[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const inUse = join(folder, 'in-use')
const fresh = join(folder, 'fresh')
const authorized = join(sshd.folder, 'authorized')
const config = join(folder, 'veilig.yaml')
const { host, port, user, hostKey } = sshd.login
const place = { name: 'abroad', kind: 'sftp', host, port, user, hostKey, keyFile: inUse }
const regions = [{ name: 'here' }, { ...place, folder: join(sshd.folder, 'region') }]

const command = async (...args: string[]): Promise<string> => {
  const common = ['--config', config, '--data', join(folder, 'data')]
  return (await run(veilig, [...args, ...common])).stdout
}

test('rotate region: tried first, then used; the old key is looked at afterwards', async () => {
  await writeFile(inUse, await readFile(join(sshd.folder, 'client')), { mode: 0o600 })
  await writeFile(config, JSON.stringify({ backup: { regions } }))
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', fresh])
  const [old, newer] = await Promise.all([inUse, fresh].map((file) => readFile(file, 'utf8')))
  const rotate = (): Promise<string> =>
    command('rotate', 'region', 'abroad', '--from', fresh, '--json')

  await assert.rejects(rotate(), /REGION_KEY_REFUSED/, 'the server does not know it yet')
  assert.equal(await readFile(inUse, 'utf8'), old, 'nothing was changed')

  const client = await readFile(join(sshd.folder, 'client.pub'), 'utf8')
  const added = await readFile(`${fresh}.pub`, 'utf8')
  await writeFile(authorized, client + added)
  const credential = 'backup.regions.abroad.keyFile'
  assert.deepEqual(JSON.parse(await rotate()), { credential, oldOpens: true })
  assert.equal(await readFile(inUse, 'utf8'), newer)
  await assert.rejects(rotate(), /REGION_KEY_SAME/)

  await writeFile(authorized, added)
  await rm(fresh)
  await rm(`${fresh}.pub`)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', fresh])
  await writeFile(authorized, await readFile(`${fresh}.pub`))
  assert.deepEqual(JSON.parse(await rotate()), { credential, oldOpens: false })
})
