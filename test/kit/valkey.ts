/** Debian's redis-server, or a Valkey where there is one, for tests of shared counts. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '#kit/eventually.ts'
import { ValkeyScripts, type ValkeyOptions } from '#system/valkey/scripts.ts'

export type TestValkey = AsyncDisposable & {
  readonly url: string
  /** Connects, and waits until it is answered. */
  scripts(more?: Partial<ValkeyOptions>): Promise<ValkeyScripts>
  /** Ends the server; what it counted is gone. */
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startValkey(): Promise<TestValkey> {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-valkey-'))
  const socket = join(folder, 'valkey.sock')
  const url = `unix://${socket}`
  const program = existsSync('/usr/bin/valkey-server') ? 'valkey-server' : 'redis-server'
  const quiet = ['--save', '', '--appendonly', 'no', '--dir', folder]
  let stop = (): Promise<void> => Promise.resolve()
  const start = async (): Promise<void> => {
    const child = spawn(program, ['--port', '0', '--unixsocket', socket, ...quiet], {
      stdio: 'ignore',
    })
    const ended = once(child, 'exit')
    stop = async () => {
      child.kill()
      await ended
      await rm(socket, { force: true })
    }
    await eventually('the server listens', () => existsSync(socket) || undefined)
  }
  await start()
  return {
    url,
    start,
    stop: () => stop(),
    scripts: async (more = {}) => {
      const told = { onFault: () => undefined, onBack: () => undefined }
      const scripts = new ValkeyScripts({ url, ...told, ...more })
      await answering(scripts)
      return scripts
    },
    [Symbol.asyncDispose]: async () => {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Until the server answers. */
export async function answering(scripts: ValkeyScripts): Promise<void> {
  await eventually('the server answers', () => scripts.run('return 1', [], []))
}
