/**
 * A foreign program that outlived us: found again by its process id and start time, and ended.
 *
 * A process id alone may be another program's by now; together with the time its process started it
 * is not. Source: proc(5), /proc/PID/stat field 22. Where there is no /proc, nothing is ended.
 *
 * @module
 */
import { readFile, rm, writeFile } from 'node:fs/promises'

const START_TIME_FIELD = 22
const WAIT_MS = 5_000
const STEP_MS = 20

/** Remembers a running process in a file. */
export async function rememberProcess(file: string, pid: number): Promise<void> {
  const startTime = await startTimeOf(pid)
  await writeFile(file, JSON.stringify({ pid, startTime }), { mode: 0o600 })
}

/**
 * Ends the process remembered in the file, if it is still that one, and forgets it.
 *
 * @param sleep Resolves after so many milliseconds.
 * @returns Whether there was one to end.
 */
export async function endLeftOver(
  file: string,
  sleep: (ms: number) => Promise<void>,
): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return false
  const { pid, startTime } = JSON.parse(text) as { pid: number; startTime: string | undefined }
  const isSame = async (): Promise<boolean> =>
    startTime !== undefined && (await startTimeOf(pid)) === startTime
  const found = await isSame()
  if (found) process.kill(pid, 'SIGTERM')
  for (let waited = 0; await isSame(); waited += STEP_MS) {
    if (waited >= WAIT_MS) process.kill(pid, 'SIGKILL')
    await sleep(STEP_MS)
  }
  await rm(file, { force: true })
  return found
}

async function startTimeOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field, the command's name, stands in brackets and may hold spaces.
  const afterName = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (afterName[0] === 'Z') return undefined // it has ended; only its parent has not looked
  return afterName[START_TIME_FIELD - 3]
}
