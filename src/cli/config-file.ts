/**
 * Reads veilig.yaml: YAML, secrets by reference, one schema; errors name the line and what may
 * stand there.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { UsageError } from '#lib/errors.ts'

const FILE_MAX_BYTES = 1024 * 1024

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * @param path Of the file, or undefined for all defaults.
 * @throws {UsageError} CONFIG_UNREADABLE, CONFIG_INVALID with one line per mistake.
 */
export function readConfig<T>(schema: z.ZodType<T>, path: string | undefined, env: Environment): T {
  if (path === undefined) return parseConfig(schema, '{}', 'veilig.yaml', env)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const message = `cannot read ${path}: ${(cause as Error).message}`
    throw new UsageError('CONFIG_UNREADABLE', message, { cause })
  }
  return parseConfig(schema, text, path, env)
}

/** @throws {UsageError} CONFIG_INVALID. @see readConfig */
export function parseConfig<T>(
  schema: z.ZodType<T>,
  text: string,
  name: string,
  env: Environment,
): T {
  if (Buffer.byteLength(text) > FILE_MAX_BYTES) {
    throw new UsageError('CONFIG_INVALID', `${name} is larger than ${FILE_MAX_BYTES} bytes`)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: false })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}`
  }
  const syntax = document.errors[0]
  if (syntax) throw new UsageError('CONFIG_INVALID', `${at(syntax.pos[0])} ${syntax.message}`)
  expandReferences(document, env, at)
  const found = schema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {})
  if (found.success) return deepFreeze(found.data)
  const mistakes = found.error.issues.map((issue) => {
    const where = `${at(offsetOf(document, issue.path))} ${issue.path.join('.') || '(top)'}`
    return `${where}: ${issue.message}`
  })
  throw new UsageError('CONFIG_INVALID', mistakes.join('\n'))
}

/** Replaces `${env:NAME}` and `${file:path}` in every string value. Only whole values refer. */
function expandReferences(
  document: Document,
  env: Environment,
  at: (offset: number) => string,
): void {
  const visit = (node: unknown): void => {
    if (isMap(node)) for (const pair of node.items) visit(pair.value)
    else if (isNode(node) && 'items' in node)
      for (const item of node.items as unknown[]) visit(item)
    else if (isScalar(node) && typeof node.value === 'string') {
      const reference = /^\$\{(env|file):([^}]+)\}$/.exec(node.value)
      if (reference) node.value = resolve(reference[1], reference[2] ?? '', env, node.range, at)
    }
  }
  visit(document.contents)
}

function resolve(
  kind: string | undefined,
  name: string,
  env: Environment,
  range: readonly number[] | null | undefined,
  at: (offset: number) => string,
): string {
  const where = at(range?.[0] ?? 0)
  if (kind === 'env') {
    const value = env[name]
    if (value !== undefined) return value
    throw new UsageError('CONFIG_INVALID', `${where} the environment has no ${name}`)
  }
  try {
    return readFileSync(name, 'utf8').trimEnd()
  } catch (cause) {
    const message = `${where} cannot read the secret file ${name}: ${(cause as Error).message}`
    throw new UsageError('CONFIG_INVALID', message, { cause })
  }
}

/** Offset of the deepest part of `path` that stands in the file. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
