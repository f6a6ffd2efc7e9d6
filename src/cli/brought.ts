/**
 * Credentials that the operator brought: keys of regions, passwords of relays, a provider's secret.
 * The ring did not make them and cannot see when others did; it sees since when they are the same.
 *
 * @module
 */
import { createHmac, randomBytes } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { z } from 'zod'
import { systemDisk } from '#system/disk.ts'
import type { VeiligConfig } from './config.ts'
import type { Context } from './context.ts'

/** One place of veilig.yaml that holds a secret, or names the file that does. */
export type Brought = {
  /** 'backup.regions.abroad.keyFile': the way through the file; parts of lists by their name. */
  readonly name: string
  /** The process that uses it. */
  readonly owner: string
  readonly value?: string
  readonly file?: string
}

export type BroughtAge = { readonly name: string; readonly owner: string; readonly ageMs: number }

const owners: Readonly<Record<string, string>> = {
  mailGateway: 'mail-gateway',
  sqlGateway: 'sql-gateway',
  staff: 'console',
  webGateway: 'web-gateway',
}
const secretWords = /^(password|secret|webhookSecret|token|secretKey|clientSecret|sas)$/
const fileWords = /^(keyFile|credentialsFile)$/
const variables = /SECRET|PASSWORD|TOKEN|(^|_)KEY$/
const FILE_MAX = 65_536

/** Every one in the configuration. Pure. */
export function broughtIn(config: VeiligConfig): readonly Brought[] {
  const found: Brought[] = []
  const visit = (value: unknown, path: readonly string[]): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [at, inner] of Object.entries(value)) {
        const named = Array.isArray(value) ? (inner as { name?: unknown } | null)?.name : undefined
        visit(inner, [...path, typeof named === 'string' ? named : at])
      }
      return
    }
    if (typeof value !== 'string' || value === '') return
    const [section = ''] = path
    const one = { name: path.join('.'), owner: owners[section] ?? section }
    if (fileWords.test(path.at(-1) ?? '')) found.push({ ...one, file: value })
    else if (isSecret(path, value)) found.push({ ...one, value })
  }
  visit(config, [])
  return found
}

function isSecret(path: readonly string[], value: string): boolean {
  const word = path.at(-1) ?? ''
  if (path[0] === 'application') return path[1] === 'env' && variables.test(word)
  if (secretWords.test(word)) return true
  if (word === 'key') return path[1] === 'regions' // elsewhere it is a public one
  return /url$/i.test(word) && (URL.parse(value)?.password ?? '') !== ''
}

type Book = {
  /** Keys the marks: who has this file alone cannot look up what a mark is of. */
  readonly key: string
  readonly seen: Readonly<Record<string, { readonly mark: string; readonly sinceMs: number }>>
}
const bookFormat: z.ZodType<Book> = z.object({
  key: z.base64(),
  seen: z.record(z.string(), z.object({ mark: z.string(), sinceMs: z.number() })),
})

type Place = Pick<Context, 'paths' | 'clock' | 'config'>

/** How long each is known to be the same; one that nobody saw before is new. */
export async function broughtAges(context: Place): Promise<readonly BroughtAge[]> {
  const book = await bookIn(context)
  const nowMs = context.clock.nowMs()
  const all = await Promise.all(
    broughtIn(context.config).map(async (one) => {
      const { sinceMs } = await seenNow(one, book, nowMs)
      return { name: one.name, owner: one.owner, ageMs: nowMs - sinceMs }
    }),
  )
  return all
}

/** Writes down what is new or another one. @throws {FaultError} DISK_…. */
export async function noteBrought(context: Place): Promise<void> {
  const all = broughtIn(context.config)
  if (all.length === 0) return
  const book = await bookIn(context)
  const nowMs = context.clock.nowMs()
  const lines = all.map(async (one) => [one.name, await seenNow(one, book, nowMs)] as const)
  const seen = Object.fromEntries(await Promise.all(lines))
  const text = JSON.stringify({ key: book.key, seen })
  await systemDisk.replace(bookFile(context), Buffer.from(text))
}

async function seenNow(
  { name, value, file }: Brought,
  book: Book,
  nowMs: number,
): Promise<Book['seen'][string]> {
  const kept = book.seen[name]
  const text = value ?? (await textOf(file ?? ''))
  if (text === undefined) return kept ?? { mark: '', sinceMs: nowMs }
  const mac = createHmac('sha256', Buffer.from(book.key, 'base64'))
  const mark = mac.update(`${name}\0${text}`).digest('hex').slice(0, 32)
  if (kept?.mark === mark) return kept
  const made = file === undefined ? undefined : await stat(file).catch(() => undefined)
  return { mark, sinceMs: Math.min(made?.mtimeMs ?? nowMs, nowMs) }
}

/** Undefined when it cannot be read: whoever uses it says so. */
async function textOf(file: string): Promise<string | undefined> {
  const bytes = await readFile(file).catch(() => undefined)
  return bytes?.subarray(0, FILE_MAX).toString('latin1')
}

async function bookIn(context: Place): Promise<Book> {
  const bytes = await systemDisk.read(bookFile(context)).catch(() => undefined)
  const parsed = bookFormat.safeParse(bytes && parsedJson(Buffer.from(bytes).toString('utf8')))
  return parsed.success ? parsed.data : { key: randomBytes(32).toString('base64'), seen: {} }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function bookFile({ paths }: Place): string {
  return paths.secret('supervisor', 'brought.json')
}
