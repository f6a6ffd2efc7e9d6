/**
 * Runs one of the application's programs to its end: migration, seed.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { FaultError } from '#lib/errors.ts'

const TIMEOUT_MS = 60_000
const OUTPUT_MAX_CHARS = 4_000

/** @throws {FaultError} PROGRAM_FAILED with the last of what it said. */
export async function runProgram(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  })
  let said = ''
  const keep = (text: Buffer): void => void (said = (said + text).slice(-OUTPUT_MAX_CHARS))
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code === 0) return said
  const message = `${args.at(-1)} ended with ${code ?? 'a time-out'}: ${said.trim()}`
  throw new FaultError('PROGRAM_FAILED', message)
}
