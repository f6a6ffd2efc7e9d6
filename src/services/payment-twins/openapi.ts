/**
 * Holds every request and every answer of the PayPal twin to PayPal's own OpenAPI schemas.
 *
 * Stricter than PayPal in one thing: a field that no schema knows is refused, for it is a mistake.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import type { Context, MiddlewareHandler } from 'hono'

type Schema = {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
}

type Operation = {
  readonly headers: readonly {
    readonly name: string
    readonly required: boolean
    readonly schema: Schema
  }[]
  readonly body?: Schema
  readonly responses: Readonly<Record<string, Schema>>
}

type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly schemas: Readonly<Record<string, Schema>>
}

const { paths, schemas } = JSON.parse(
  readFileSync(new URL('openapi/paypal.json', import.meta.url), 'utf8'),
) as Document

const operations = Object.entries(paths).map(([path, methods]) => ({
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  methods,
}))

/**
 * What is not as the schema says, each with its place; nothing when all is.
 *
 * @param isStrict Whether a field that the schema does not know is a fault.
 */
export function faultsOf(schema: Schema, value: unknown, isStrict: boolean): string[] {
  return [...faults(schema, value, ''), ...(isStrict ? unknownFields(schema, value, '') : [])]
}

function faults(given: Schema, value: unknown, at: string): string[] {
  const schema = resolved(given)
  const { allOf = [], anyOf, oneOf } = schema
  const found = allOf.flatMap((part) => faults(part, value, at))
  for (const choices of [anyOf, oneOf]) {
    if (choices && !choices.some((part) => faults(part, value, at).length === 0)) {
      found.push(`${at}: fits none of what is allowed`)
    }
  }
  if (schema.enum && !schema.enum.includes(value)) found.push(`${at}: not one of the list`)
  if (typeof value === 'string') return [...found, ...textFaults(schema, value, at)]
  if (typeof value === 'number') return [...found, ...numberFaults(schema, value, at)]
  if (Array.isArray(value)) return [...found, ...listFaults(schema, value, at)]
  if (typeof value === 'object' && value !== null) {
    return [...found, ...objectFaults(schema, value as Readonly<Record<string, unknown>>, at)]
  }
  return isType(schema, 'boolean') || value === undefined ? found : [...found, `${at}: wrong type`]
}

function textFaults(schema: Schema, value: string, at: string): string[] {
  if (!isType(schema, 'string')) return [`${at}: a text`]
  const { minLength = 0, maxLength = Infinity, pattern } = schema
  if (value.length < minLength || value.length > maxLength) return [`${at}: length`]
  return pattern !== undefined && !new RegExp(pattern).test(value) ? [`${at}: pattern`] : []
}

function numberFaults(schema: Schema, value: number, at: string): string[] {
  if (!isType(schema, 'number') && !isType(schema, 'integer')) return [`${at}: a number`]
  const { minimum = -Infinity, maximum = Infinity } = schema
  return value < minimum || value > maximum ? [`${at}: range`] : []
}

function listFaults(schema: Schema, value: readonly unknown[], at: string): string[] {
  if (!isType(schema, 'array')) return [`${at}: a list`]
  const { items, minItems = 0, maxItems = Infinity } = schema
  const size = value.length < minItems || value.length > maxItems ? [`${at}: count`] : []
  return [...size, ...(items ? value.flatMap((one, n) => faults(items, one, `${at}/${n}`)) : [])]
}

function objectFaults(
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
  at: string,
): string[] {
  if (!isType(schema, 'object')) return [`${at}: an object`]
  const missing = (schema.required ?? []).filter((name) => value[name] === undefined)
  const inside = Object.entries(schema.properties ?? {})
    .filter(([name]) => value[name] !== undefined)
    .flatMap(([name, one]) => faults(one, value[name], `${at}/${name}`))
  return [...missing.map((name) => `${at}/${name}: missing`), ...inside]
}

/** Fields that neither the schema nor any part of it names. */
function unknownFields(schema: Schema, value: unknown, at: string): string[] {
  if (Array.isArray(value)) {
    const items = partsOf(schema).flatMap(({ items: one }) => one ?? [])
    return value.flatMap((one, n) =>
      items.flatMap((item) => unknownFields(item, one, `${at}/${n}`)),
    )
  }
  if (typeof value !== 'object' || value === null) return []
  const parts = partsOf(schema)
  if (parts.some(({ additionalProperties }) => additionalProperties)) return []
  const known = new Map<string, Schema>()
  for (const { properties = {} } of parts) {
    for (const [name, one] of Object.entries(properties)) {
      const before = known.get(name)
      known.set(name, before ? { allOf: [before, one] } : one)
    }
  }
  if (known.size === 0) return []
  return Object.entries(value).flatMap(([name, one]) => {
    const inner = known.get(name)
    return inner ? unknownFields(inner, one, `${at}/${name}`) : [`${at}/${name}: unknown`]
  })
}

function partsOf(given: Schema): Schema[] {
  const schema = resolved(given)
  const { allOf = [], anyOf = [], oneOf = [] } = schema
  return [schema, ...[...allOf, ...anyOf, ...oneOf].flatMap(partsOf)]
}

function resolved(schema: Schema): Schema {
  return schema.$ref === undefined ? schema : resolved(schemas[schema.$ref] ?? {})
}

function isType({ type }: Schema, wanted: string): boolean {
  return type === undefined || type === wanted
}

/** Refuses a request that is not as the schemas say, and breaks on an answer that is not. */
export function heldToSchemas(
  refuse: (c: Context, faults: string[]) => Response,
): MiddlewareHandler {
  return async (c, next) => {
    const operation = operationOf(c.req.method, c.req.path)
    if (!operation) return await next()
    const wrong = await requestFaults(operation, c)
    if (wrong.length > 0) {
      c.res = refuse(c, wrong)
      return undefined
    }
    await next()
    const { status } = c.res
    const schema = operation.responses[String(status)] ?? operation.responses['default']
    const isJson = c.res.headers.get('content-type')?.includes('json') === true
    if (!schema || !isJson) return undefined
    const found = faultsOf(schema, await c.res.clone().json(), false)
    if (found.length > 0) throw new Error(`the twin's own answer (${status}): ${found.join('; ')}`)
    return undefined
  }
}

async function requestFaults({ headers, body }: Operation, c: Context): Promise<string[]> {
  const found = headers.flatMap(({ name, required, schema }) => {
    if (name === 'authorization' || name === 'content-type') return []
    const value = c.req.header(name)
    if (value === undefined) return required ? [`${name}: missing`] : []
    return faultsOf(schema, value, false).map((fault) => `${name}${fault}`)
  })
  const text = body ? await c.req.text() : ''
  if (!body || text === '') return found
  try {
    return [...found, ...faultsOf(body, JSON.parse(text), true)]
  } catch {
    return [...found, 'the body is not JSON']
  }
}

function operationOf(method: string, path: string): Operation | undefined {
  return operations.find(({ pattern }) => pattern.test(path))?.methods[method.toLowerCase()]
}
