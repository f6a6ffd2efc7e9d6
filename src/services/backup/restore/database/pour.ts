/**
 * pg_dump into psql: one database into another, in one transaction.
 *
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import type { DatabaseTools } from './tools.ts'

/** What a program says when it fails; more of it is not kept. */
const SAID_MAX = 16 * 1024

/**
 * @param to Connection string; its password is handed over apart, for arguments can be read by all.
 * @param progress Hears how many bytes have passed.
 * @throws {Error} With what the program said that failed, or the signal's reason.
 */
export async function pour(
  tools: DatabaseTools,
  from: pg.ClientConfig,
  to: string,
  progress: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted()
  const url = new URL(to)
  const password = decodeURIComponent(url.password)
  url.password = ''
  const dump = run(tools.dump, ['--no-password'], ['ignore', 'pipe'], {
    PGHOST: String(from.host),
    PGPORT: String(from.port),
    PGUSER: String(from.user),
    PGDATABASE: String(from.database),
  })
  const quiet = ['--no-psqlrc', '--quiet', '--no-password', '--output=/dev/null']
  const whole = ['--set=ON_ERROR_STOP=1', '--single-transaction', '--file=-']
  const psql = run(
    tools.psql,
    [...quiet, ...whole, `--dbname=${url.href}`],
    ['pipe', 'ignore'],
    password === '' ? {} : { PGPASSWORD: password },
  )
  const stop = (): void => [dump, psql].forEach(({ child }) => void child.kill())
  signal?.addEventListener('abort', stop, { once: true })
  try {
    let bytes = 0
    const counting = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        progress((bytes += chunk.length))
        done(null, chunk)
      },
    })
    // psql hears of the end only once pg_dump has ended well: half a dump is never committed.
    await pipeline(dump.child.stdout!, counting, psql.child.stdin!, { end: false })
    await failsIf(dump.complaint)
    psql.child.stdin!.end()
    await failsIf(psql.complaint)
  } catch (error) {
    stop()
    const [taken, sent] = await Promise.all([psql.complaint, dump.complaint])
    signal?.throwIfAborted()
    throw new Error(taken || sent || (error as Error).message, { cause: error })
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

async function failsIf(complaint: Promise<string | undefined>): Promise<void> {
  if ((await complaint) !== undefined) throw new Error('it failed')
}

type Running = {
  readonly child: ChildProcess
  /** When it has ended: why it failed, '' when it was ended by us; undefined: it did not fail. */
  readonly complaint: Promise<string | undefined>
}

function run(
  program: string,
  args: readonly string[],
  [input, output]: readonly ['ignore' | 'pipe', 'ignore' | 'pipe'],
  more: Readonly<Record<string, string>>,
): Running {
  const env = { ...process.env, ...more, PGAPPNAME: 'veilig restore' }
  const child = spawn(program, [...args], { env, stdio: [input, output, 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    if (said.length < SAID_MAX) said += chunk.toString()
  })
  child.stdin?.on('error', () => undefined) // told by the end of the program
  const complaint = once(child, 'close').then(
    ([code, killed]) => {
      if (code === 0) return undefined
      const line = said.split('\n').find((one) => /ERROR|FATAL|error:/.test(one))
      return killed ? '' : (line ?? said.trim())
    },
    (error: Error) => error.message, // it could not be started
  )
  return { child, complaint }
}
