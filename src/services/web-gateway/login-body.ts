/**
 * Reads the account out of a login request, as strictly as an application might read it loosely.
 *
 * A guard that sees another account than the application does guards nothing. So whatever two
 * readers could read differently is refused: a field given twice, also as JSON keys or in the
 * query, other codings, other types of body.
 *
 * @module
 */
import type { FlatHeaders } from '#protocol/http/head.ts'

const ACCOUNT_MAX = 512

/**
 * The account named in the body.
 *
 * @returns The account as typed, or undefined when there is not exactly one reading of it.
 */
export function readAccount(
  headers: FlatHeaders,
  target: string,
  body: Buffer,
  field: string,
): string | undefined {
  const query = target.indexOf('?')
  if (query >= 0 && new URLSearchParams(target.slice(query + 1)).has(field)) return undefined
  if (valuesOf(headers, 'content-encoding').some((value) => value !== 'identity')) return undefined
  const types = valuesOf(headers, 'content-type')
  const [type = ''] = (types.length === 1 ? (types[0] ?? '') : '').split(';')
  const text = body.toString('utf8')
  const values =
    type.trim() === 'application/x-www-form-urlencoded'
      ? new URLSearchParams(text).getAll(field)
      : /^application\/(?:[\w.-]+\+)?json$/.test(type.trim())
        ? jsonValues(text, field)
        : []
  const [value] = values
  return values.length === 1 && value !== undefined && value.length <= ACCOUNT_MAX
    ? value
    : undefined
}

function valuesOf(headers: FlatHeaders, name: string): string[] {
  return headers
    .filter((_, at) => at % 2 === 1 && headers[at - 1] === name)
    .map((value) => value.toLowerCase())
}

/** The value of a key of the outermost object, once for each time the key stands there. */
function jsonValues(text: string, field: string): string[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return []
  }
  if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, field)) return []
  const value = (parsed as Readonly<Record<string, unknown>>)[field]
  if (typeof value !== 'string') return []
  return outermostKeys(text)
    .filter((key) => key === field)
    .map(() => value)
}

/** Keys of the outermost object of a valid JSON text, repeated ones too. */
function outermostKeys(text: string): string[] {
  const keys: string[] = []
  let depth = 0
  for (const [token, after] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[[\]{}]/g)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (depth === 1 && after !== undefined) {
      keys.push(JSON.parse(token.slice(0, token.length - after.length)) as string)
    }
  }
  return keys
}
