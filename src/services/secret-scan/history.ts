/**
 * Searches the whole history of a repository: every line that any commit of any branch added.
 *
 * Deleted lines were added once; a secret that was removed is still in the history, and is found.
 * What a merge alone brought in (a conflict solved by a secret) is searched against its first
 * parent. Lines that cannot hold a secret are set aside before the patterns look at them.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { FaultError } from '#lib/errors.ts'
import { AddedLines, COMMIT_MARK, type Place } from './added-lines.ts'
import { acceptedIn, findingsIn, isIgnored, type SecretFinding } from './scan.ts'
import { join } from 'node:path'

export type HistoryFinding = SecretFinding & {
  /** The oldest commit that added it. */
  readonly commit: string
}

export type HistoryReport = {
  readonly commits: number
  readonly lines: number
  readonly findings: readonly HistoryFinding[]
  readonly accepted: number
}

export type HistoryOptions = {
  readonly baseline: string
  readonly signal: AbortSignal
  readonly onProgress?: ((commits: number, total: number) => void) | undefined
}

const FINDINGS_MAX = 10_000
const LINE_MAX = 4000
const BATCH_LINES = 400
const PROGRESS_COMMITS = 500
/** A run of signs that a key could be, an address with a password, a name that speaks of one. */
const worth = /[\w+/=.~-]{16}|:\/\/[^/\s]*@|PRIVATE KEY|passw|pwd|secret|token|credential|api.?key/i

/** @throws {FaultError} REPOSITORY_UNREADABLE. {UsageError} BASELINE_INVALID. */
export async function scanHistory(folder: string, options: HistoryOptions): Promise<HistoryReport> {
  const { signal, onProgress } = options
  const accepted = await acceptedIn(join(folder, options.baseline))
  const total = Number((await git(folder, ['rev-list', '--all', '--count'], signal)).trim())
  const log = spawn(
    'git',
    [
      ...place(folder),
      'log',
      '--all',
      '--reverse',
      '--patch',
      '--unified=0',
      '--no-color',
      '--no-renames',
      '--no-ext-diff',
      '--no-textconv',
      '--diff-merges=first-parent',
      '--diff-filter=AM',
      `--format=${COMMIT_MARK}%H`,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'], signal },
  )
  const ended = once(log, 'close')
  ended.catch(() => undefined) // said below, or by the signal
  const search = new Search(accepted)
  const added = new AddedLines()
  let lines = 0
  for await (const text of createInterface({ input: log.stdout, crlfDelay: Infinity })) {
    const { commits } = added
    const where = added.read(text)
    if (where) {
      lines++
      const content = text.slice(1)
      if (content.length <= LINE_MAX && worth.test(content) && !isIgnored(where.path))
        await search.add(where, content)
      else search.gap()
    } else if (added.commits !== commits && added.commits % PROGRESS_COMMITS === 0)
      onProgress?.(added.commits, total)
  }
  await search.flush()
  const [status] = (await ended) as [number | null]
  signal.throwIfAborted()
  if (status !== 0) throw unreadable(folder)
  onProgress?.(added.commits, total)
  return { commits: added.commits, lines, ...search.report }
}

/** Hundreds of lines are looked at together: the patterns cost more to start than to go on. */
class Search {
  readonly #accepted: ReadonlySet<string>
  readonly #found = new Map<string, HistoryFinding>()
  readonly #known = new Set<string>()
  #places: (Place | undefined)[] = []
  #lines: string[] = []

  constructor(accepted: ReadonlySet<string>) {
    this.#accepted = accepted
  }

  get report(): { findings: HistoryFinding[]; accepted: number } {
    return { findings: [...this.#found.values()], accepted: this.#known.size }
  }

  async add(where: Place, content: string): Promise<void> {
    const last = this.#places.at(-1)
    if (last && (last.commit !== where.commit || last.path !== where.path)) this.gap()
    this.#places.push(where)
    this.#lines.push(content)
    // A key of several lines is not cut in two.
    if (this.#lines.length >= BATCH_LINES && !content.includes('BEGIN')) await this.flush()
  }

  /** What stands on both sides of it does not belong together. */
  gap(): void {
    if (this.#places.at(-1) === undefined) return
    this.#places.push(undefined)
    this.#lines.push('')
  }

  async flush(): Promise<void> {
    const [places, text] = [this.#places, this.#lines.join('\n')]
    ;[this.#places, this.#lines] = [[], []]
    if (text === '') return
    const pathAt = (line: number): string => places[line - 1]?.path ?? ''
    for (const finding of await findingsIn(pathAt, text)) {
      const where = places[finding.line - 1]
      if (!where) continue
      if (this.#accepted.has(finding.fingerprint)) this.#known.add(finding.fingerprint)
      else if (this.#found.size < FINDINGS_MAX && !this.#found.has(finding.fingerprint))
        this.#found.set(finding.fingerprint, { ...finding, ...where })
    }
  }
}

function place(folder: string): string[] {
  return ['-C', folder, '-c', 'safe.directory=*', '-c', 'core.quotePath=false']
}

async function git(folder: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const child = spawn('git', [...place(folder), ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    signal,
  })
  const ended = once(child, 'close')
  ended.catch(() => undefined) // a git that is not there is said below
  let text = ''
  try {
    for await (const part of child.stdout) text += String(part)
    const [status] = (await ended) as [number | null]
    if (status === 0) return text
  } catch {
    signal.throwIfAborted()
  }
  throw unreadable(folder)
}

function unreadable(folder: string): FaultError {
  return new FaultError('REPOSITORY_UNREADABLE', `git cannot read the history of ${folder}`)
}
