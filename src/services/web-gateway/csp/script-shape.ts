/**
 * What an inline script is, whatever data stands in it: the hash of its syntax tree without data.
 *
 * Pages write names, tokens and lists into their scripts, so no hash of the bytes holds for two
 * visitors. Here a literal, or an array or object made of nothing but literals, is one and the
 * same `§`. All else counts: names, operators, calls, regular expressions, parts of templates. Text
 * that breaks out of its quotes is another tree, and so another script.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { parse, type Node } from 'acorn'

/** Shapes of texts seen lately, so that a page that never changes costs one hash. */
const CACHE_MAX = 2_000
/** A tree deeper than this is no script somebody wrote. */
const DEPTH_MAX = 200
const HASH_SIZE = 22

type Tree = Node & Readonly<Record<string, unknown>>

/** Remembers what it has parsed; one for each process. */
export class ScriptShapes {
  readonly #cache = new Map<string, string | undefined>()

  /**
   * @param text Of an element: Latin-1, one character a byte.
   * @param type Its type attribute, lower case.
   * @returns Undefined when it does not parse, and so does not run either.
   */
  shapeOf(text: string, type: string): string | undefined {
    const key = hashOf(`${type}\0${text}`)
    if (this.#cache.has(key)) return this.#cache.get(key)
    const shape = isCode(type) ? treeShape(text, type === 'module') : key
    if (this.#cache.size >= CACHE_MAX) this.#cache.clear()
    this.#cache.set(key, shape)
    return shape
  }
}

/** Import maps and speculation rules are data with the power of code: every byte counts. */
function isCode(type: string): boolean {
  return type !== 'importmap' && type !== 'speculationrules'
}

function treeShape(text: string, isModule: boolean): string | undefined {
  try {
    const tree = parse(text, {
      ecmaVersion: 'latest',
      sourceType: isModule ? 'module' : 'script',
      allowReturnOutsideFunction: false,
      allowHashBang: false,
    })
    return hashOf(outline(tree, 0))
  } catch {
    return undefined // a syntax error, or deeper than we follow
  }
}

function outline(value: unknown, depth: number): string {
  if (depth > DEPTH_MAX) throw new RangeError('too deep')
  if (Array.isArray(value)) return `[${value.map((each) => outline(each, depth + 1)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(String(value))
  if (value instanceof RegExp) return ''
  const node = value as Tree
  if (isData(node, depth)) return '§'
  const parts = Object.entries(node)
    .filter(([name]) => name !== 'start' && name !== 'end' && name !== 'raw')
    .map(([name, part]) => `${name}:${outline(part, depth + 1)}`)
  return `{${parts.join(',')}}`
}

/** Whether a piece of code can do nothing but be a value. */
function isData(node: Tree, depth: number): boolean {
  if (depth > DEPTH_MAX) throw new RangeError('too deep')
  const all = (list: unknown): boolean =>
    (list as readonly (Tree | null)[]).every((each) => each === null || isData(each, depth + 1))
  switch (node.type) {
    case 'Literal':
      return node['regex'] === undefined
    case 'TemplateLiteral':
      return (node['expressions'] as readonly unknown[]).length === 0
    case 'UnaryExpression':
      return /^[-+!]$/.test(String(node['operator'])) && isData(node['argument'] as Tree, depth + 1)
    case 'ArrayExpression':
      return all(node['elements'])
    case 'ObjectExpression':
      return (node['properties'] as readonly Tree[]).every(
        (property) =>
          property.type === 'Property' &&
          property['kind'] === 'init' &&
          property['computed'] === false &&
          property['method'] === false &&
          property['shorthand'] === false &&
          isData(property['value'] as Tree, depth + 1),
      )
    default:
      return false
  }
}

/** 22 characters of base64url: 132 bits. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, HASH_SIZE)
}
