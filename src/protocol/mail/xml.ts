/**
 * The XML of machine reports, and no more: elements and their text. Everything has a bound.
 *
 * No document type is read, so there are no entities of the sender's to expand; attributes are
 * passed over but the namespace; names are told without their prefix.
 *
 * Source: Extensible Markup Language 1.0 (fifth edition).
 *
 * @module
 */
import { DeniedError } from '#lib/errors.ts'

export type XmlElement = {
  /** Without prefix. */
  readonly name: string
  /** Of its own `xmlns`, or ''. */
  readonly namespace: string
  readonly children: readonly (XmlElement | string)[]
}

const DEPTH_MAX = 20
const ELEMENTS_MAX = 2_000_000

type Open = { name: string; namespace: string; children: (XmlElement | string)[] }

/** @throws {DeniedError} XML_INVALID. */
export function readXml(text: string): XmlElement {
  const stack: Open[] = [{ name: '', namespace: '', children: [] }]
  let elements = 0
  let at = 0
  while (at < text.length) {
    const top = stack.at(-1)
    if (!top) throw invalid('an element ends that never began')
    const next = text.indexOf('<', at)
    const words = text.slice(at, next < 0 ? text.length : next)
    if (words.trim() !== '') top.children.push(decoded(words))
    if (next < 0) break
    at = next
    if (text.startsWith('<!--', at)) at = after(text, '-->', at + 4)
    else if (text.startsWith('<?', at)) at = after(text, '?>', at + 2)
    else if (text.startsWith('<![CDATA[', at)) {
      const end = after(text, ']]>', at + 9)
      top.children.push(text.slice(at + 9, end - 3))
      at = end
    } else if (text.startsWith('<!', at)) throw invalid('a document type')
    else if (text.startsWith('</', at)) {
      const end = after(text, '>', at)
      if (stack.length < 2 || localName(text.slice(at + 2, end - 1).trim()) !== top.name)
        throw invalid('an element ends that did not begin')
      stack.pop()
      at = end
    } else {
      const { tag, end } = tagAt(text, at)
      if (++elements > ELEMENTS_MAX || stack.length > DEPTH_MAX) throw invalid('too much of it')
      const isEmpty = tag.endsWith('/')
      const element = opened(isEmpty ? tag.slice(0, -1) : tag)
      top.children.push(element)
      if (!isEmpty) stack.push(element)
      at = end
    }
  }
  if (stack.length !== 1) throw invalid('an element never ends')
  const roots = (stack[0]?.children ?? []).filter((child) => typeof child !== 'string')
  const [root] = roots
  if (!root || roots.length > 1 || roots.length !== stack[0]?.children.length)
    throw invalid('not one root')
  return root
}

/** The tag's inner text and where it ends; a `>` within quotes is none. */
function tagAt(text: string, at: number): { tag: string; end: number } {
  const form = /<((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>/y
  form.lastIndex = at
  const found = form.exec(text)
  if (found?.[1] === undefined) throw invalid('a tag without end')
  return { tag: found[1], end: form.lastIndex }
}

function opened(tag: string): Open {
  const name = /^[\p{L}_][\p{L}\p{N}_.:-]{0,99}/u.exec(tag)?.[0]
  if (name === undefined) throw invalid('a tag without a name')
  const namespace = /\sxmlns(?::[\w.-]+)?\s*=\s*["']([^"']{0,200})["']/.exec(tag)?.[1] ?? ''
  return { name: localName(name), namespace, children: [] }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function after(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  if (at < 0) throw invalid('it ends within a mark')
  return at + mark.length
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

function decoded(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{2,4}));/g,
    (all, ten, hex, name) => {
      if (name !== undefined) return entities[String(name)] ?? String(all)
      const code = ten === undefined ? parseInt(String(hex), 16) : Number(ten)
      return code <= 0x10_ff_ff ? String.fromCodePoint(code) : ''
    },
  )
}

export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter(
    (child): child is XmlElement => typeof child !== 'string' && child.name === name,
  )
}

export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find(
    (child): child is XmlElement => typeof child !== 'string' && child.name === name,
  )
}

/** The text directly in it. */
export function textOf(element: XmlElement): string {
  return element.children
    .filter((child) => typeof child === 'string')
    .join('')
    .trim()
}

function invalid(why: string): DeniedError {
  return new DeniedError('XML_INVALID', why, 'the XML cannot be read')
}
