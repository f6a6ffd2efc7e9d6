/**
 * Folders that are dear to fill: packages from npm at pinned versions, what is built from them. Made
 * for one test and removed after it; with `VEILIG_KEPT_FOLDER=FOLDER` they stay there, and the next
 * run finds them.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export type FilledFolder = AsyncDisposable & { readonly folder: string }

const run = promisify(execFile)
const DONE = '.done'

/** @param made All that decides what the folder will hold. */
export async function filledFolder(
  made: string,
  fill: (folder: string) => Promise<void>,
): Promise<FilledFolder> {
  const kept = process.env['VEILIG_KEPT_FOLDER']
  const name = createHash('sha256').update(made).digest('hex').slice(0, 16)
  const folder = kept ? join(kept, name) : await mkdtemp(join(tmpdir(), 'veilig-filled-'))
  if (!existsSync(join(folder, DONE))) {
    await rm(folder, { recursive: true, force: true }) // left by a run that was ended half-way
    await mkdir(folder, { recursive: true })
    try {
      await fill(folder)
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
    await writeFile(join(folder, DONE), '')
  }
  return {
    folder,
    [Symbol.asyncDispose]: async () => {
      if (!kept) await rm(folder, { recursive: true, force: true })
    },
  }
}

/** @param packages NAME@VERSION; none of their scripts are run. */
export async function npmInstall(folder: string, packages: readonly string[]): Promise<void> {
  await writeFile(join(folder, 'package.json'), '{"private":true}')
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
  await run('npm', ['install', ...quiet, ...packages], { cwd: folder })
}
