/**
 * Starts the peers we are compared with, from the configurations in `bench/peers`.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Account } from '#system/postgres/user.ts'

const run = promisify(execFile)

/** A peer's configuration with its `@WORDS@` filled in. */
export async function fillPeer(
  name: string,
  words: Readonly<Record<string, string | number>>,
): Promise<string> {
  const text = await readFile(new URL(`../peers/${name}`, import.meta.url), 'utf8')
  return text.replace(/@([A-Z]+)@/g, (_, word: string) => {
    const value = words[word]
    if (value === undefined) throw new Error(`${name}: nothing to fill in for @${word}@`)
    return String(value)
  })
}

export type Peer = AsyncDisposable & { readonly pid: number; readonly port: number }

/** PgBouncer in session mode in front of a server on a socket; not as root, which it refuses. */
export async function startPgBouncer(options: {
  readonly folder: string
  readonly account: Account | undefined
  readonly port: number
  readonly server: { readonly host: string; readonly port: number }
  /** Role → password, or a SCRAM verifier as in pg_authid. */
  readonly users: Readonly<Record<string, string>>
}): Promise<Peer> {
  const { folder, account, port, server } = options
  await mkdir(folder, { recursive: true })
  const users = Object.entries(options.users).map(([user, secret]) => `"${user}" "${secret}"\n`)
  await writeFile(join(folder, 'users.txt'), users.join(''))
  const words = { PGHOST: server.host, PGPORT: server.port, PORT: port, RUN: folder }
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(file, await fillPeer('pgbouncer.ini', words))
  if (account) await chown(folder, account.uid, account.gid)
  const as = account ? { uid: account.uid, gid: account.gid } : {}
  const child = spawn('pgbouncer', [file], { ...as, stdio: 'ignore' })
  await untilListening(port)
  return {
    pid: child.pid ?? 0,
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** Runs a program to its end and returns what it printed. @throws {Error} With its error output. */
export async function runPeer(
  program: string,
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly account?: Account | undefined } = {},
): Promise<string> {
  const { account } = options
  const { stdout, stderr } = await run(program, args, {
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
    maxBuffer: 64 * 1024 * 1024,
    cwd: '/',
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  })
  return stdout + stderr
}

export async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (await answers(port)) return
    await delay(25)
  }
  throw new Error(`nothing listens on port ${port}`)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
