/**
 * One service as a child process: `veilig run NAME`, ready when it says so.
 *
 * The channel between us is also the leash: when the supervisor dies, even by kill -9, the channel
 * closes and the child ends by itself.
 *
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { FaultError } from '#lib/errors.ts'
import type { Instance } from './keep-running.ts'

const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 15_000
/** As the launcher has it (bin/veilig): memory for what is new, of what makes little of that. */
const THRIFTY = ['--max-semi-space-size=4']

/** What a child says to its supervisor, once. */
export type ChildMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

/**
 * Starts `veilig run …` and waits until it is ready.
 *
 * @param args After the program: 'run', the service's name, options.
 * @throws {FaultError} With the child's own code and sentence, or PROCESS_START_FAILED.
 */
export async function startChild(
  name: string,
  args: readonly string[],
  logFile: string,
): Promise<Instance> {
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 })
  const log = openSync(logFile, 'a', 0o600)
  const program = process.argv[1] ?? ''
  const options = [...process.execArgv, ...(args[1] === 'backup' ? THRIFTY : [])]
  const child = spawn(process.execPath, [...options, program, ...args], {
    stdio: ['ignore', log, log, 'ipc'],
    detached: true, // Ctrl-C reaches the supervisor alone, which stops its children in order
  })
  closeSync(log)
  return await untilReady(child, `${name} did not start; its log is ${logFile}`)
}

/**
 * Waits until a child says that it is ready.
 *
 * @param otherwise What to say when it says nothing.
 * @throws {FaultError} With the child's own code and sentence, or PROCESS_START_FAILED.
 */
export async function untilReady(child: ChildProcess, otherwise: string): Promise<Instance> {
  const ended = exitOf(child)
  const message = await firstMessage(child)
  if (message?.kind !== 'ready') {
    child.kill('SIGKILL')
    await ended
    const reason = message?.message ?? otherwise
    throw new FaultError(message?.code ?? 'PROCESS_START_FAILED', reason)
  }
  return {
    pid: child.pid ?? 0,
    ended,
    [Symbol.asyncDispose]: () => stop(child, ended),
  }
}

async function firstMessage(child: ChildProcess): Promise<ChildMessage | undefined> {
  const waiting = new AbortController()
  const timer = setTimeout(() => waiting.abort(), READY_TIMEOUT_MS)
  try {
    const signal = waiting.signal
    const said = messageOf(child, signal)
    const gone = once(child, 'exit', { signal }).then(() => undefined)
    return await Promise.race([said, gone])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
    waiting.abort()
  }
}

/** What else a child says on its channel is for others. */
async function messageOf(child: ChildProcess, signal: AbortSignal): Promise<ChildMessage> {
  for (;;) {
    const [message] = (await once(child, 'message', { signal })) as [Partial<ChildMessage>]
    if (message.kind !== undefined) return message as ChildMessage
  }
}

async function exitOf(child: ChildProcess): Promise<number | string> {
  return await new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
    child.once('error', (error) => resolve(error.message))
  })
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await ended
  clearTimeout(timer)
}
