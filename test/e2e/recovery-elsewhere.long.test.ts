/**
 * The runbook, word for word: on another machine, with one region's folder and the printed key alone.
 * Then the key is rotated, and the old print opens nothing any more.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { prepareBackup, type TestBackup } from '#kit/backup.ts'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

let server: TestPostgres
let backup: TestBackup
/** The other machine: its working folder, outside that of the first. */
let elsewhere: string

before(async () => {
  server = await startPostgres(requiredServerSettings)
  await server.query('create table kept as select generate_series(1, 1000) as n')
  backup = await prepareBackup(server)
  await backup.start()
  await backup.full()
  await server.query('insert into kept select generate_series(1001, 1500)')
  await backup.caughtUp()
  elsewhere = await temporaryFolder('elsewhere')
})

after(async () => {
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await rm(elsewhere, { recursive: true, force: true })
})

test('runbook: with one region and the key typed from paper, everything comes back', async () => {
  const [verify = '', restore = ''] = await commandsOfRunbook()
  assert.match(verify, /backup verify/)
  assert.match(restore, /restore/)
  const printed = await readFile(join(backup.data, 'secrets/recovery/recovery.key'), 'utf8')
  await writeKey('recovery.key', typed(printed))
  await writeKey('old.key', printed)
  assert.match(await run(verify), /All is as it was stored/)
  const into = join(elsewhere, 'restored/data')
  await mkdir(join(elsewhere, 'restored'), { mode: 0o755 })
  await run(restore.replace(/--to \S+/, '--to latest').replace('/var/lib/restored', into))
  await using restored = await backup.reopen(into)
  const [row] = await restored.query<{ count: string }>('select count(*) from kept')
  assert.equal(row?.count, '1500')
})

test('runbook: after the key was rotated the new print serves, and the old opens nothing', async () => {
  const [verify = ''] = await commandsOfRunbook()
  const file = join(elsewhere, 'next.key')
  const { keys } = JSON.parse(
    await backup.veilig('backup', 'rotate-key', '--new', file, '--json'),
  ) as { keys: number }
  assert(keys >= 2)
  await backup.full()
  await writeKey('recovery.key', typed(await readFile(file, 'utf8')))
  assert.match(await run(verify), /All is as it was stored/)
  const refused = await run(verify.replace('recovery.key', 'old.key')).catch(
    (error: { stdout?: string }) => error.stdout ?? '',
  )
  assert.match(refused, /this key does not open what is kept here/)
  const first = join(backup.data, 'secrets/recovery/recovery.key')
  assert.equal(await readFile(first, 'utf8'), await readFile(file, 'utf8'))
})

/** The commands that stand in the runbook, in its order. */
async function commandsOfRunbook(): Promise<string[]> {
  const text = await readFile(join(root, 'docs/runbooks/restore.md'), 'utf8')
  return [...text.matchAll(/^\d\. [^`]*`(bin\/veilig [^`]+)`/gm)].map(([, command = '']) => command)
}

/** As a person types it: in lower case, with spaces for hyphens. */
function typed(printed: string): string {
  const [prefix = '', symbols = ''] = printed.trim().split(' ')
  return `${prefix} ${symbols.toLowerCase().replaceAll('-', ' ')}\n`
}

async function writeKey(name: string, key: string): Promise<void> {
  await writeFile(join(elsewhere, name), key, { mode: 0o600 })
  const folder = join(backup.data, 'regions/region-a')
  const regions = [{ name: 'region-a', folder }]
  await writeFile(join(elsewhere, 'veilig.yaml'), JSON.stringify({ backup: { regions } }))
}

/** Runs a command in the other machine's folder, with a data folder of its own. */
async function run(command: string): Promise<string> {
  const [program = '', ...args] = command.split(' ')
  const data = ['--data', join(elsewhere, 'data')]
  const { stdout } = await promisify(execFile)(join(root, program), [...args, ...data], {
    cwd: elsewhere,
  })
  return stdout
}
