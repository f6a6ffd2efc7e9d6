/**
 * What one page brings along, told by its tags: where its scripts, pictures and forms lead.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { see, type SiteKnowledge, type Sighting } from './knowledge.ts'
import { decodeEntities, type Tag } from './tag.ts'

/** Element and attribute → the directive that governs what it loads. */
const loads: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  audio: { src: 'media-src' },
  base: { href: 'base-uri' },
  form: { action: 'form-action' },
  frame: { src: 'frame-src' },
  iframe: { src: 'frame-src' },
  img: { src: 'img-src' },
  input: { src: 'img-src' },
  script: { src: 'script-src' },
  source: { src: 'media-src' },
  video: { src: 'media-src', poster: 'img-src' },
}

/** What a `link` loads, by its relation. */
const links: Readonly<Record<string, string>> = {
  icon: 'img-src',
  'apple-touch-icon': 'img-src',
  manifest: 'manifest-src',
  modulepreload: 'script-src',
  stylesheet: 'style-src',
}

/** Handlers on one page that are looked at. */
const HANDLERS_MAX = 400

export class PageObserver {
  readonly #knowledge: SiteKnowledge
  readonly #sighting: Sighting
  readonly #origin: string
  #base: string
  #handlers = 0
  #hasStyleAttributes = false
  /** Whether a `meta` element of this page carries a policy. */
  hasPolicy = false

  /** @param address Of the page, whole. */
  constructor(knowledge: SiteKnowledge, address: string, sighting: Sighting) {
    this.#knowledge = knowledge
    this.#sighting = sighting
    this.#base = address
    this.#origin = URL.parse(address)?.origin ?? ''
  }

  onTag({ name, attributes }: Tag): void {
    for (const [attribute, directive] of Object.entries(loads[name] ?? {})) {
      this.#source(directive, attributes.get(attribute))
    }
    if (name === 'link') this.#link(attributes)
    if (name === 'base')
      this.#base = URL.parse(attributes.get('href') ?? '', this.#base)?.href ?? this.#base
    if (name === 'meta') {
      const meta = attributes.get('http-equiv')?.trim().toLowerCase()
      if (meta === 'content-security-policy') this.hasPolicy = true
    }
    for (const [attribute, value] of attributes) this.#attribute(attribute, value)
  }

  #attribute(name: string, value: string): void {
    if (name === 'style' && !this.#hasStyleAttributes) {
      this.#hasStyleAttributes = true
      this.#knowledge.styleAttributes++
    }
    if (!/^on[a-z]{2,30}$/.test(name) || value === '' || ++this.#handlers > HANDLERS_MAX) return
    const text = decodeEntities(value)
    const key = text === undefined ? 'varies' : `'sha256-${sha256(text)}'`
    see(this.#knowledge.handlers, key, { ...this.#sighting, sample: text })
  }

  #link(attributes: ReadonlyMap<string, string>): void {
    for (const relation of (attributes.get('rel') ?? '').toLowerCase().split(/\s+/)) {
      const directive = links[relation]
      if (directive !== undefined) this.#source(directive, attributes.get('href'))
    }
  }

  #source(directive: string, written: string | undefined): void {
    if (written === undefined) return
    const address = decodeEntities(written.trim())
    const url = address === undefined ? null : URL.parse(address, this.#base)
    const source = url ? sourceOf(url.href, this.#origin) : undefined
    // Our own question allows data: pictures already, as the proposal does.
    if (source !== undefined) see(this.#knowledge.sources, `${directive} ${source}`, this.#sighting)
    else if (directive === 'base-uri')
      see(this.#knowledge.sources, "base-uri 'self'", this.#sighting)
  }
}

/**
 * The source expression under which an address may load; undefined for the site itself.
 *
 * @param blocked An address, or the word of a report.
 */
export function sourceOf(blocked: string, origin: string): string | undefined {
  if (blocked === 'eval') return "'unsafe-eval'"
  if (blocked === 'wasm-eval') return "'wasm-unsafe-eval'"
  if (/^(?:data|blob|mediastream|filesystem)(?::|$)/.test(blocked)) {
    return `${/^[a-z]+/.exec(blocked)?.[0] ?? ''}:`
  }
  const url = URL.parse(blocked)
  if (!url || !/^(?:https?|wss?):$/.test(url.protocol)) return undefined
  // Plain addresses are upgraded by the browser: what is allowed is their secure form.
  const protocol = url.protocol.replace(/^(http|ws)s?:$/, '$1s:')
  const host = `${protocol}//${url.host}`
  return host === origin ? undefined : host
}

/** Base64, as a policy writes it. Text is Latin-1: its bytes are what the browser hashes. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('base64')
}
