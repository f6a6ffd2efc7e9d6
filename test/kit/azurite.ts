/**
 * Azurite, Azure's own emulator of its Blob Storage, on a loopback port for one test file.
 *
 * It writes its lists to disk now and then, and when it is asked to end: a kill would lose what it
 * has acknowledged. It comes from npm into a folder of its own, once per
 * machine: its 374 packages are no part of us.
 */
import assert from 'node:assert/strict'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { AzureClient, type AzurePlace } from '#storage/azure/client.ts'
import { systemClock } from '#system/clock.ts'
import { answers, freePort } from './ports.ts'
import { temporaryFolder } from './postgres.ts'

const VERSION = '3.35.0'
const PATIENCE_MS = 60_000
const INSTALL_MS = 300_000
const ACCOUNT = 'kitaccount'
const KEY = Buffer.from('a key of the kit, known to all').toString('base64')

export type TestAzurite = AsyncDisposable & {
  /** Makes a container. */
  container(name: string): Promise<AzurePlace>
  /** Stops answering, and goes on; or ends in order, and begins anew with what it had. */
  freeze(): void
  thaw(): void
  kill(): Promise<void>
  start(): Promise<void>
}

export async function startAzurite(): Promise<TestAzurite> {
  const program = await installed()
  const folder = await temporaryFolder('azurite')
  const port = await freePort()
  const where = ['--location', folder, '--blobHost', '127.0.0.1', '--blobPort', String(port)]
  const env = { ...process.env, AZURITE_ACCOUNTS: `${ACCOUNT}:${KEY}` }
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    const args = [program, ...where, '--silent', '--disableTelemetry']
    child = spawn(process.execPath, args, { env, stdio: 'ignore' })
    const deadline = performance.now() + PATIENCE_MS
    while (!(await answers(port))) {
      assert(performance.now() < deadline && child.exitCode === null, 'azurite did not start')
      await delay(50)
    }
  }
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    await ended
  }
  await start()
  return {
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    kill,
    start,
    container: (name) => makeContainer(port, name),
    [Symbol.asyncDispose]: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function makeContainer(port: number, container: string): Promise<AzurePlace> {
  const place: AzurePlace = {
    endpoint: new URL(`http://127.0.0.1:${port}/${ACCOUNT}`),
    account: ACCOUNT,
    container,
    secret: () => Promise.resolve({ key: KEY }),
    timeoutMs: 10_000,
  }
  await using client = new AzureClient(place, systemClock)
  await client.call({ method: 'PUT', name: '', query: { restype: 'container' } })
  return place
}

/** @returns Path of the program. */
async function installed(): Promise<string> {
  const folder = join(tmpdir(), 'veilig-kit', `azurite-${VERSION}`)
  const program = join(folder, 'node_modules/azurite/dist/src/blob/main.js')
  if (existsSync(program)) return program
  await mkdir(dirname(folder), { recursive: true })
  const making = await mkdtemp(`${folder}-`)
  await writeFile(join(making, 'package.json'), '{"private":true}')
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `azurite@${VERSION}`]
  await promisify(execFile)('npm', args, { cwd: making, timeout: INSTALL_MS })
  // Another suite may have been quicker; either copy will do.
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }))
  return program
}
