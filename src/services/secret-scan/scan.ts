/**
 * Searches the files of a repository for secrets. A finding says where, never what.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { lintSource } from '@secretlint/core'
import { creator } from '@secretlint/secretlint-rule-preset-recommend'
import { z } from 'zod'
import { FaultError, UsageError } from '#lib/errors.ts'
import { suspectsIn } from './entropy.ts'

export type SecretFinding = {
  readonly path: string
  readonly line: number
  readonly rule: string
  /** Of path, rule and value: what the baseline knows a finding by. It does not hold the value. */
  readonly fingerprint: string
}

export type ScanReport = {
  readonly files: number
  readonly findings: readonly SecretFinding[]
  /** Findings that the baseline accepts. */
  readonly accepted: number
  /** Files not read: too large, or no text. */
  readonly skipped: number
}

export type ScanOptions = {
  readonly baseline: string
  readonly fileBytesMax: number
  readonly signal: AbortSignal
}

const FILES_MAX = 200_000
const FINDINGS_MAX = 10_000
const GIT_OUTPUT_MAX = 64 * 1024 * 1024
const NUL_SEARCH = 8192
/** Digests of packages and the like: random by nature, secret by no means. */
const ignored = /(^|\/)(package-lock\.json|pnpm-lock\.yaml|yarn\.lock|\.git\/|node_modules\/)/

/** Whether nothing is looked for in a file of this path. */
export function isIgnored(path: string): boolean {
  return ignored.test(path)
}

type Baseline = { accepted: { fingerprint: string; why: string }[] }
const baselineForm: z.ZodType<Baseline> = z.object({
  accepted: z.array(z.object({ fingerprint: z.string(), why: z.string().min(1) })),
})

/** @throws {UsageError} BASELINE_INVALID, {FaultError} REPOSITORY_UNREADABLE. */
export async function scanRepository(folder: string, options: ScanOptions): Promise<ScanReport> {
  const accepted = await acceptedIn(join(folder, options.baseline))
  const paths = (await filesOf(folder)).filter((path) => !isIgnored(path))
  if (paths.length > FILES_MAX)
    throw new FaultError('REPOSITORY_UNREADABLE', `${folder} has more than ${FILES_MAX} files`)
  const findings: SecretFinding[] = []
  let [skipped, known] = [0, 0]
  for (const path of paths) {
    options.signal.throwIfAborted()
    const text = await textOf(join(folder, path), options.fileBytesMax)
    if (text === undefined) skipped++
    else {
      for (const finding of await findingsIn(path, text)) {
        if (accepted.has(finding.fingerprint)) known++
        else if (findings.length < FINDINGS_MAX) findings.push(finding)
      }
    }
  }
  return { files: paths.length - skipped, findings, accepted: known, skipped }
}

/** What is found in one text. @param where Its path, or that of each line (from 1). */
export async function findingsIn(
  where: string | ((line: number) => string),
  text: string,
): Promise<SecretFinding[]> {
  const pathAt = typeof where === 'string' ? (): string => where : where
  const { messages } = await unmeasured({
    source: { filePath: pathAt(1), content: text, contentType: 'text' },
    options: {
      noPhysicFilePath: true,
      config: { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }] },
    },
  })
  const patterns = messages.map(({ ruleId, messageId, range, loc }) => {
    const rule = `${ruleId.replace('@secretlint/secretlint-rule-', '')}/${messageId}`
    return finding(pathAt(loc.start.line), loc.start.line, rule, text.slice(...range))
  })
  const seen = new Set(patterns.map(({ line }) => line))
  const random = text.split('\n').flatMap((content, at) => {
    if (seen.has(at + 1)) return [] // a pattern names it better
    const path = pathAt(at + 1)
    return suspectsIn(content, path).map(({ value, rule }) => finding(path, at + 1, rule, value))
  })
  return [...patterns, ...random]
}

/**
 * secretlint marks the time of each of its steps and looks through all marks at each: the longer it
 * runs, the slower it is. Nobody reads them, so none is made while it looks.
 */
async function unmeasured(source: Parameters<typeof lintSource>[0]): ReturnType<typeof lintSource> {
  Object.defineProperty(performance, 'mark', { value: () => undefined, configurable: true })
  try {
    return await lintSource(source)
  } finally {
    Reflect.deleteProperty(performance, 'mark')
  }
}

function finding(path: string, line: number, rule: string, value: string): SecretFinding {
  const hash = createHash('sha256').update(`veilig secret v1\0${path}\0${rule}\0${value}`)
  return { path, line, rule, fingerprint: hash.digest('hex').slice(0, 32) }
}

/** @throws {UsageError} BASELINE_INVALID. */
export async function acceptedIn(file: string): Promise<ReadonlySet<string>> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return new Set()
  try {
    const { accepted } = baselineForm.parse(JSON.parse(text))
    return new Set(accepted.map(({ fingerprint }) => fingerprint))
  } catch (cause) {
    const message = `${file} is no list of accepted findings, each with its why`
    throw new UsageError('BASELINE_INVALID', message, { cause })
  }
}

/** What git tracks; without git, every file. */
async function filesOf(folder: string): Promise<string[]> {
  const git = ['-C', folder, '-c', 'safe.directory=*', 'ls-files', '-z']
  try {
    const { stdout } = await promisify(execFile)('git', git, { maxBuffer: GIT_OUTPUT_MAX })
    if (stdout !== '') return stdout.split('\0').filter(Boolean)
  } catch {
    // no git, or no repository of it: the files themselves then
  }
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  } catch (cause) {
    throw new FaultError('REPOSITORY_UNREADABLE', `cannot read ${folder}`, { cause })
  }
}

async function textOf(path: string, bytesMax: number): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined) // tracked, and gone from the folder
  if (!found?.isFile() || found.size > bytesMax) return undefined
  const bytes = await readFile(path)
  return bytes.subarray(0, NUL_SEARCH).includes(0) ? undefined : bytes.toString('utf8')
}
