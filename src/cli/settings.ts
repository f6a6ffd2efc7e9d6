/**
 * What veilig.yaml says beside what holds without it: read-only, and without what is secret.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { FaultError } from '#lib/errors.ts'
import { veiligConfig } from './config.ts'

export type Setting = {
  readonly path: string
  readonly value: string | undefined
  readonly standard: string | undefined
}

const LINES_MAX = 2000
const VALUE_MAX = 300
/** Values under such names are shown only where they are references. */
const SECRET = /(password|secret|token|key|url|\benv)(\.|$|\[)|\.env\./i
const REFERENCE = /^\$\{(env|file):[^}]+\}$/

/** @throws {FaultError} CONFIG_UNREADABLE. */
export async function settingsOf(
  file: string | undefined,
): Promise<{ readonly file: string | undefined; readonly lines: readonly Setting[] }> {
  const standard = new Map(flat(veiligConfig.parse({}), ''))
  const given = new Map(file === undefined ? [] : flat(await readYaml(file), ''))
  const names = [...new Set([...standard.keys(), ...given.keys()])].toSorted().slice(0, LINES_MAX)
  const lines = names.map((path) => ({
    path,
    value: shown(path, given.get(path)),
    standard: shown(path, standard.get(path)),
  }))
  return { file, lines }
}

/** As it stands in the file: references are not followed. */
async function readYaml(file: string): Promise<unknown> {
  try {
    return parseDocument(await readFile(file, 'utf8')).toJS({ maxAliasCount: 100 }) as unknown
  } catch (cause) {
    const message = `cannot read ${file}: ${(cause as Error).message}`
    throw new FaultError('CONFIG_UNREADABLE', message, { cause })
  }
}

/** `a.b[0]` and its value, for each leaf. */
function* flat(value: unknown, path: string): Generator<[string, string]> {
  if (value === null || value === undefined) return
  if (Array.isArray(value)) {
    if (value.length === 0) yield [path, '[]']
    for (const [at, item] of value.entries()) yield* flat(item, `${path}[${at}]`)
  } else if (typeof value === 'object') {
    for (const [name, inner] of Object.entries(value))
      yield* flat(inner, path === '' ? name : `${path}.${name}`)
  } else if (typeof value === 'string') yield [path, value]
  else yield [path, JSON.stringify(value)]
}

function shown(path: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  if (SECRET.test(path) && !REFERENCE.test(value)) return '(set, not shown)'
  return value.length > VALUE_MAX ? `${value.slice(0, VALUE_MAX)}…` : value
}
