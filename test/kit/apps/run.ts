/**
 * Applications as people write them, on frameworks that know nothing of us; each folder beside this
 * file holds one, and what a visitor does there.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readdir, readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Journey } from '../csp-journey.ts'
import { filledFolder, npmInstall, type FilledFolder } from '../kept-folder.ts'
import { freePort, listening } from '../ports.ts'

export type SampleApp = {
  readonly name: string
  /** Where its files are; all of them are copied. */
  readonly folder: URL
  /** Of npm, NAME@VERSION; none for what needs none. */
  readonly packages: readonly string[]
  /** Run once, in its copy. NODE and PACKAGES are replaced. */
  readonly build?: readonly string[]
  /** Program and arguments; NODE, PACKAGES and PORT are replaced. */
  readonly command: readonly string[]
  /** Names beside `localhost` that lead to it, too, and are none of the autopilot's. */
  readonly hosts?: readonly string[]
  /** Paths visited without a browser until there are views enough. */
  readonly pages?: readonly string[]
  readonly journey: Journey
}

export type RunningApp = AsyncDisposable & { readonly host: string; readonly port: number }

const run = promisify(execFile)
const BUILD_TIMEOUT_MS = 300_000
/** Nothing is told to anybody. */
const environment = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', CI: '1' }

/** Installs and builds one. */
export async function installSampleApp(app: SampleApp): Promise<FilledFolder> {
  return filledFolder(await fingerprint(app), async (folder) => {
    await cp(fileURLToPath(app.folder), appFolder(folder), { recursive: true })
    if (app.packages.length > 0) await npmInstall(folder, app.packages)
    if (!app.build) return
    const [program = '', ...args] = words(app.build, folder)
    const options = { cwd: appFolder(folder), env: environment, timeout: BUILD_TIMEOUT_MS }
    await run(program, args, options)
  })
}

/** Starts one that is installed. */
export async function startSampleApp(
  app: SampleApp,
  { folder }: Pick<FilledFolder, 'folder'>,
): Promise<RunningApp> {
  const port = await freePort()
  const [program = '', ...args] = words(app.command, folder, port)
  const options = { cwd: appFolder(folder), env: environment, stdio: 'ignore' } as const
  const child = spawn(program, args, options)
  const exited = once(child, 'exit')
  const ended = exited.then(([code]) => Promise.reject(new Error(`${app.name} ended: ${code}`)))
  ended.catch(() => undefined) // at its end, too, when nobody waits for it any more
  await Promise.race([listening(port), ended])
  return {
    host: '127.0.0.1',
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await exited
    },
  }
}

function appFolder(folder: string): string {
  return join(folder, 'app')
}

function words(command: readonly string[], folder: string, port: number = 0): readonly string[] {
  return command.map((word) =>
    word
      .replace('NODE', process.execPath)
      .replace('PACKAGES', join(folder, 'node_modules'))
      .replace('PORT', String(port)),
  )
}

/** Of all that an installation is made from: not of its journey. */
async function fingerprint({ folder, packages, build }: SampleApp): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([packages, build, process.version]))
  const root = fileURLToPath(folder)
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'app.ts')
  for (const file of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
    hash.update(file.slice(root.length)).update(await readFile(file))
  }
  return hash.digest('hex')
}
