/**
 * Reads a page while it streams past, and puts nonces on the scripts and styles it is told to.
 *
 * Only an inline script or style is held until its end, so that a decision can be made on all of
 * it; all else leaves as it comes. What is not understood leaves unchanged: the worst outcome is an
 * element without a nonce, which does not run.
 *
 * Source: HTML Living Standard, "Tokenization": raw text, script data and its escaped states.
 *
 * @module
 */
import { readTag, type Tag } from './tag.ts'

/** Told what a page consists of. */
export interface PageReader {
  /**
   * A whole inline script or style. @returns Whether it gets the nonce.
   *
   * @param text Undefined when it is too long to be kept.
   */
  onInline(kind: 'script' | 'style', tag: Tag, text: string | undefined): boolean
  /** Any start tag, inline scripts and styles included. */
  onTag(tag: Tag): void
}

/** An inline script or style beyond this is passed on unread. */
const INLINE_MAX = 512 * 1024
/** A tag beyond this is no tag we wait for: the rest of the page is passed on unread. */
const TAG_MAX = 1024 * 1024

/** Elements whose content is text up to their own end tag. */
const rawElements: ReadonlySet<string> = new Set([
  'iframe',
  'noembed',
  'noframes',
  'noscript',
  'script',
  'style',
  'textarea',
  'title',
  'xmp',
])

/** Script types a policy has a say in; all others are data to the browser. */
const scriptTypes: ReadonlySet<string> = new Set([
  '',
  'application/ecmascript',
  'application/javascript',
  'application/x-ecmascript',
  'application/x-javascript',
  'importmap',
  'module',
  'speculationrules',
  'text/ecmascript',
  'text/javascript',
  'text/jscript',
  'text/livescript',
  'text/x-ecmascript',
  'text/x-javascript',
  ...['1.0', '1.1', '1.2', '1.3', '1.4', '1.5'].map((version) => `text/javascript${version}`),
])

type Held = { readonly kind: 'script' | 'style'; readonly tag: Tag; readonly start: string }

type Mode = 'text' | 'comment' | 'bogus' | 'raw' | 'off'

export class PageScanner {
  readonly #reader: PageReader
  readonly #nonce: string
  #mode: Mode = 'text'
  #rest = ''
  #raw: RawText | undefined
  #held: Held | undefined
  #out = ''

  /** @param nonce As it stands in the policy; characters of base64 only. */
  constructor(reader: PageReader, nonce: string) {
    this.#reader = reader
    this.#nonce = nonce
  }

  /** @returns What may leave now; possibly nothing. */
  push(chunk: Buffer): Buffer {
    if (this.#mode === 'off') return chunk
    this.#rest += chunk.toString('latin1')
    while (this.#step());
    return this.#take()
  }

  /** @returns What was held back. */
  end(): Buffer {
    if (this.#held) this.#release(undefined)
    this.#out += this.#rest
    this.#rest = ''
    return this.#take()
  }

  #take(): Buffer {
    const out = Buffer.from(this.#out, 'latin1')
    this.#out = ''
    return out
  }

  /** @returns Whether something was done, so that more may follow. */
  #step(): boolean {
    switch (this.#mode) {
      case 'text':
        return this.#readText()
      case 'comment':
        return this.#passUntil(/--!?>/, 3)
      case 'bogus':
        return this.#passUntil(/>/, 0)
      case 'raw':
        return this.#readRaw()
      case 'off':
        this.#pass(this.#rest.length)
        return false
    }
  }

  #readText(): boolean {
    const at = this.#rest.indexOf('<')
    if (at !== 0) {
      this.#pass(at < 0 ? this.#rest.length : at)
      return at > 0
    }
    const text = this.#rest
    if (text.length < 2) return false
    if (/^<\/?[a-z]/i.test(text)) return this.#readTag()
    if (text === '</') return false
    if (text[1] === '!') {
      if (text.length < 4 && '<!--'.startsWith(text)) return false
      const isComment = text.startsWith('<!--')
      this.#mode = isComment ? 'comment' : 'bogus'
      this.#pass(2) // the dashes may also be those of its end: <!-->
      return true
    }
    const isBogus = text[1] === '?' || text[1] === '/'
    if (isBogus) this.#mode = 'bogus'
    this.#pass(1)
    return true
  }

  #readTag(): boolean {
    const tag = readTag(this.#rest, 0)
    if (!tag) {
      if (this.#rest.length < TAG_MAX) return false
      this.#mode = 'off'
      return true
    }
    if (tag.isEnd) return this.#pass(tag.end)
    this.#reader.onTag(tag)
    if (tag.name === 'plaintext') this.#mode = 'off'
    if (!rawElements.has(tag.name)) return this.#pass(tag.end)
    this.#mode = 'raw'
    this.#raw = new RawText(tag.name)
    const kind = inlineKind(tag)
    if (!kind) return this.#pass(tag.end)
    this.#held = { kind, tag, start: this.#rest.slice(0, tag.end) }
    this.#rest = this.#rest.slice(tag.end)
    return true
  }

  #readRaw(): boolean {
    const raw = this.#raw
    if (!raw) return false
    const end = raw.find(this.#rest)
    if (end >= 0) {
      if (this.#held) this.#release(end)
      this.#pass(end)
      this.#mode = 'text'
      this.#raw = undefined
      return true
    }
    if (this.#held) {
      if (this.#rest.length < INLINE_MAX) return false
      this.#release(undefined)
    }
    this.#pass(raw.settled)
    raw.settled = 0
    return false
  }

  /** The held element may go; `end` is where its text ends, undefined when it is too long. */
  #release(end: number | undefined): void {
    const held = this.#held
    this.#held = undefined
    if (!held) return
    const text = end === undefined ? undefined : this.#rest.slice(0, end)
    const gets = this.#reader.onInline(held.kind, held.tag, text)
    const { start, tag } = held
    this.#out += gets
      ? `${start.slice(0, tag.nameEnd)} nonce="${this.#nonce}"${start.slice(tag.nameEnd)}`
      : start
  }

  #passUntil(end: RegExp, tail: number): boolean {
    const found = end.exec(this.#rest)
    if (!found) {
      this.#pass(Math.max(0, this.#rest.length - tail))
      return false
    }
    this.#mode = 'text'
    return this.#pass(found.index + found[0].length)
  }

  #pass(length: number): true {
    this.#out += this.#rest.slice(0, length)
    this.#rest = this.#rest.slice(length)
    return true
  }
}

function inlineKind({ name, attributes }: Tag): 'script' | 'style' | undefined {
  if (name === 'style') return 'style'
  if (name !== 'script' || attributes.has('src')) return undefined
  return scriptTypes.has((attributes.get('type') ?? '').trim().toLowerCase()) ? 'script' : undefined
}

/** Longest piece that may be the cut beginning of what ends raw text. */
const CUT_MAX = 12

/** Finds the end tag of a raw element; in a script, comments may hide it. */
class RawText {
  readonly #name: string
  readonly #pattern: RegExp
  #state: 'plain' | 'escaped' | 'double' = 'plain'
  /** Up to here the text was read and contains no end. */
  settled = 0

  constructor(name: string) {
    this.#name = name
    const end = `</?${name}(?=[\\t\\n\\f\\r />])`
    this.#pattern = new RegExp(name === 'script' ? `<!--|-->|${end}` : end, 'gi')
  }

  /** @returns Where the end tag begins, or -1. Called again with the same text, and more. */
  find(text: string): number {
    this.#pattern.lastIndex = this.settled
    for (let found; (found = this.#pattern.exec(text));) {
      if (this.#ends(found[0])) return found.index
      // The dashes of `<!--` may also be those of `-->`.
      const overlap = found[0] === '<!--' ? 2 : 0
      this.settled = this.#pattern.lastIndex = found.index + found[0].length - overlap
    }
    this.settled = Math.max(this.settled, text.length - CUT_MAX)
    return -1
  }

  #ends(mark: string): boolean {
    if (mark === '-->') this.#state = 'plain'
    else if (mark === '<!--') this.#state = this.#state === 'plain' ? 'escaped' : this.#state
    else if (mark[1] === '/') {
      if (this.#state !== 'double') return true
      this.#state = 'escaped'
    } else if (this.#name === 'script' && this.#state === 'escaped') this.#state = 'double'
    return false
  }
}
