/**
 * Keeps what the autopilot has learned over restarts, and takes up what a person decides.
 *
 * Each gateway process writes a file of its own, so that no two write the same; decisions are
 * written by the command alone.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { Disk } from '#system/disk.ts'
import type { Autopilot } from './autopilot.ts'
import { decisionsFile } from './decisions.ts'
import { knowledgeFile } from './knowledge.ts'

export type CspFiles = {
  /** Written by this process alone. */
  readonly knowledge: string
  readonly decisions: string
}

export type KeeperTools = {
  readonly disk: Disk
  /** A site's state is another than before. */
  readonly onDecided: (site: string, state: string) => void
  /** A file could not be read or written. The gateway goes on with what it has. */
  readonly onFault: (error: Error) => void
}

/** How often decisions are looked for, and how often what was learned is written down. */
const LOOK_MS = 500
const SAVE_EVERY = 4

/** Loads both files before it returns. A file that is not ours to read is told, and ignored. */
export async function keepAutopilot(
  autopilot: Autopilot,
  files: CspFiles,
  tools: KeeperTools,
): Promise<AsyncDisposable> {
  const keeper = new Keeper(autopilot, files, tools)
  await keeper.load()
  await keeper.look()
  let turn = 0
  let busy: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    const saves = ++turn % SAVE_EVERY === 0
    busy = busy.then(async () => {
      await keeper.look()
      if (saves) await keeper.save()
    })
  }, LOOK_MS)
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      await busy
      await keeper.save()
    },
  }
}

class Keeper {
  readonly #autopilot: Autopilot
  readonly #files: CspFiles
  readonly #tools: KeeperTools
  #text = ''

  constructor(autopilot: Autopilot, files: CspFiles, tools: KeeperTools) {
    this.#autopilot = autopilot
    this.#files = files
    this.#tools = tools
  }

  async load(): Promise<void> {
    await this.#guarded(async () => {
      const text = await this.#read(this.#files.knowledge)
      if (text !== undefined) this.#autopilot.restore(knowledgeFile.parse(JSON.parse(text)))
    })
  }

  async look(): Promise<void> {
    await this.#guarded(async () => {
      const text = (await this.#read(this.#files.decisions)) ?? '{}'
      if (text === this.#text) return
      this.#text = text // a broken file is told once, not twice a second
      const changed = this.#autopilot.decide(decisionsFile.parse(JSON.parse(text)))
      for (const { site, state } of changed) this.#tools.onDecided(site, state)
    })
  }

  async save(): Promise<void> {
    const changes = this.#autopilot.takeChanges()
    if (!changes) return
    const bytes = Buffer.from(JSON.stringify(changes))
    await this.#guarded(() => this.#tools.disk.replace(this.#files.knowledge, bytes))
  }

  async #read(file: string): Promise<string | undefined> {
    if ((await this.#tools.disk.size(file)) === undefined) return undefined
    return Buffer.from(await this.#tools.disk.read(file)).toString('utf8')
  }

  async #guarded(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (cause) {
      const message = `a file of the CSP autopilot: ${(cause as Error).message}`
      this.#tools.onFault(new FaultError('CSP_FILE_UNUSABLE', message, { cause }))
    }
  }
}
