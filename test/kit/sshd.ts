/** Debian's OpenSSH server on a loopback port with a configuration of its own, for one test file. */
import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { SftpLogin } from '#storage/sftp/connection.ts'
import { answers, freePort } from './ports.ts'
import { temporaryFolder } from './postgres.ts'

const SSHD = '/usr/sbin/sshd'
const PATIENCE_MS = 10_000

export type TestSshd = AsyncDisposable & {
  /** On this machine, and so on the server. */
  readonly folder: string
  readonly login: SftpLogin
  /** Stops answering without closing anything, as a dead line does; and goes on again. */
  freeze(): void
  thaw(): void
  /** Ends the server and every session of it. */
  kill(): Promise<void>
  start(): Promise<void>
}

export async function startSshd(): Promise<TestSshd> {
  assert(existsSync(SSHD), 'this suite needs the Debian package openssh-server')
  const folder = await temporaryFolder('sshd')
  for (const name of ['host', 'client']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)])
  }
  await writeFile(join(folder, 'authorized'), await readFile(join(folder, 'client.pub')))
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true }) // sshd insists as root
  const port = await freePort()
  await writeFile(join(folder, 'config'), configuration(folder, port))
  let children: ChildProcess[] = []
  const start = async (): Promise<void> => {
    const args = ['-D', '-e', '-f', join(folder, 'config')]
    const child = spawn(SSHD, args, { stdio: 'ignore', detached: true })
    children = [child]
    const deadline = performance.now() + PATIENCE_MS
    while (!(await answers(port))) {
      assert(performance.now() < deadline && child.exitCode === null, 'sshd did not start')
      await delay(20)
    }
  }
  const signal = (name: NodeJS.Signals): void => {
    for (const { pid } of children) for (const one of pid ? family(pid) : []) send(one, name)
  }
  const kill = async (): Promise<void> => {
    const [child] = children
    signal('SIGKILL')
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    children = []
  }
  await start()
  const print = execFileSync('ssh-keygen', ['-l', '-f', join(folder, 'host.pub')]).toString()
  return {
    folder,
    login: {
      host: '127.0.0.1',
      port,
      user: userInfo().username,
      secret: async () => ({ privateKey: await readFile(join(folder, 'client'), 'utf8') }),
      hostKey: print.split(' ')[1] ?? '',
      timeoutMs: 5_000,
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    kill,
    start,
    [Symbol.asyncDispose]: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function configuration(folder: string, port: number): string {
  return `Port ${port}
ListenAddress 127.0.0.1
HostKey ${join(folder, 'host')}
PidFile none
AuthorizedKeysFile ${join(folder, 'authorized')}
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
MaxSessions 100
Subsystem sftp internal-sftp
`
}

/** A process and all that descend from it. */
function family(pid: number): number[] {
  const text = execFileSync('ps', ['-eo', 'pid=,ppid=']).toString()
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  const found = [pid]
  for (const one of found) for (const [id = 0, parent] of rows) if (parent === one) found.push(id)
  return found
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // it has ended meanwhile
  }
}
