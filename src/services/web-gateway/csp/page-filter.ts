/**
 * One answer of a host on the autopilot: given its policies and, when it is a page, its nonces.
 *
 * @module
 */
import type { RequestHead, ResponseHead } from '#protocol/http/head.ts'
import { isPolicy } from '#protocol/http/csp.ts'
import { parseSetCookie, serialiseSetCookie } from '#protocol/http/set-cookie.ts'
import type { AnswerFilter } from '../interception.ts'
import type { Decision } from './decisions.ts'
import { see, type SiteKnowledge, type Sighting } from './knowledge.ts'
import { PageObserver, sha256, sourceOf } from './observe-page.ts'
import { PageScanner, type PageReader } from './page-scanner.ts'
import {
  enforcedPolicy,
  LEARNING_POLICY,
  learningQuestion,
  REPORTING_ENDPOINTS,
  trustedTypesReportOnly,
} from './policy-text.ts'
import type { ScriptShapes } from './script-shape.ts'
import type { Tag } from './tag.ts'

export type PageTools = {
  readonly knowledge: SiteKnowledge
  /** Undefined, or in the state `learning`: nothing is enforced yet. */
  readonly decision: Decision | undefined
  readonly shapes: ScriptShapes
  readonly nonce: () => string
  readonly sighting: Sighting
  /** The visitor's network, as a short keyed hash. */
  readonly network: () => string
  readonly onLearned: () => void
}

/** Of a script file, looked at for the names of cookies. */
const SCRIPT_MAX = 256 * 1024

/** Encodings in which a tag is not written in ASCII. */
const strangeCharset = /charset\s*=\s*"?(?:utf-?16|utf-?32|ucs|iso-2022|hz-gb|utf-7)/i

/** Fields that speak of bytes, or of a copy, that the changed page is not. */
const outdated: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-length',
  'content-md5',
  'digest',
  'etag',
  'last-modified',
  'repr-digest',
])

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export class PageFilter implements AnswerFilter {
  readonly #request: RequestHead
  readonly #tools: PageTools
  #scanner: PageScanner | undefined
  /** What has come of a script file, while it is read for the names of cookies. */
  #script: string | undefined

  constructor(request: RequestHead, tools: PageTools) {
    this.#request = request
    this.#tools = tools
  }

  head(head: ResponseHead): ResponseHead {
    const type = valueOf(head, 'content-type').toLowerCase()
    const isPage = type.startsWith('text/html')
    const { knowledge, onLearned } = this.#tools
    this.#noteCookies(head)
    this.#noteRedirect(head)
    const own = valueOf(head, 'content-security-policy')
    const isView = isPage && this.#isView(head.status)
    if (isView) {
      knowledge.views++
      onLearned()
    }
    if (isPolicy(own)) {
      if (isView) knowledge.ownPolicies++
      return head
    }
    if (type.includes('javascript')) this.#script = ''
    if (!isPage) return withFields(head, [['content-security-policy', this.#policy(undefined)]])
    if (!isReadable(head, type)) {
      if (isView) knowledge.unreadable++
      return withFields(head, [['content-security-policy', this.#policy(undefined)]])
    }
    const nonce = this.#tools.nonce()
    const changed = withFields(withoutOutdated(head), this.#pageFields(nonce))
    if (head.body === 'none') return { ...changed, length: undefined }
    this.#scanner = this.#createScanner(nonce)
    return { ...changed, body: 'chunked', length: undefined }
  }

  content(content: Buffer): Buffer {
    if (this.#script !== undefined && this.#script.length < SCRIPT_MAX) {
      this.#script += content.toString('latin1')
    }
    return this.#scanner?.push(content) ?? content
  }

  end(): Buffer | undefined {
    if (this.#script !== undefined) this.#noteReading(this.#script)
    return this.#scanner?.end()
  }

  /** Of a cookie its name and attributes are remembered, never its value. */
  #noteCookies({ headers }: ResponseHead): void {
    const { knowledge, onLearned } = this.#tools
    for (let at = 0; at < headers.length; at += 2) {
      if (headers[at] !== 'set-cookie') continue
      const cookie = parseSetCookie(headers[at + 1] ?? '')
      if ('invalid' in cookie) continue
      const sample = serialiseSetCookie({ ...cookie, name: '', value: '', others: [] })
      const sighting = { ...this.#tools.sighting, sample: sample.slice(2) }
      see(knowledge.cookies, cookie.name.slice(0, 64), sighting)
      onLearned()
    }
  }

  /**
   * Browsers hold `form-action` against every redirect that follows a form, and do not tell where
   * that led: who signs visitors in with another site would lock them out. Only the visitor says
   * that it came from a page of ours, so it counts as much as a report: one network alone does not
   * teach it.
   */
  #noteRedirect(head: ResponseHead): void {
    if (!redirects.has(head.status) || !isOwnNavigation(this.#request)) return
    const { knowledge, sighting, network, onLearned } = this.#tools
    const address = `https://${this.#request.host}${this.#request.target}`
    const to = URL.parse(valueOf(head, 'location'), address)
    const source = to ? sourceOf(to.href, URL.parse(address)?.origin ?? '') : undefined
    if (source === undefined || !source.startsWith('https://')) return
    see(knowledge.sources, `form-action ${source}`, { ...sighting, network: network() })
    onLearned()
  }

  /** A script that speaks of cookies, and of one by name, reads it. */
  #noteReading(text: string): void {
    const { knowledge, sighting } = this.#tools
    if (!/document\.cookie|cookieStore/.test(text)) return
    for (const name of Object.keys(knowledge.cookies)) {
      const isNamed = name.length > 2 && text.includes(name)
      if (isNamed) see(knowledge.readCookies, name, { ...sighting, sample: 'named in a script' })
    }
  }

  #isView(status: number): boolean {
    const destination = valueOf(this.#request, 'sec-fetch-dest')
    return this.#request.method === 'GET' && status === 200 && /^(?:document)?$/.test(destination)
  }

  #policy(nonce: string | undefined): string {
    const { decision } = this.#tools
    return decision?.state === 'enforced'
      ? enforcedPolicy(decision.directives, nonce)
      : LEARNING_POLICY
  }

  #pageFields(nonce: string): [string, string][] {
    const { decision } = this.#tools
    const question =
      decision?.state !== 'enforced'
        ? learningQuestion(nonce)
        : decision.trustedTypes
          ? trustedTypesReportOnly()
          : undefined
    return [
      ['content-security-policy', this.#policy(nonce)],
      ...(question === undefined
        ? []
        : [['content-security-policy-report-only', question] as [string, string]]),
      ['reporting-endpoints', REPORTING_ENDPOINTS],
    ]
  }

  #createScanner(nonce: string): PageScanner {
    const { knowledge, sighting, decision } = this.#tools
    const address = `https://${this.#request.host}${this.#request.target}`
    const observer = new PageObserver(knowledge, address, sighting)
    const known =
      decision?.state === 'enforced'
        ? { scripts: new Set(decision.scripts), styles: new Set(decision.styles) }
        : undefined
    const reader: PageReader = {
      onTag: (tag) => {
        // What an enforced policy was made of is not learned anew from pages it has to guard.
        if (!known) observer.onTag(tag)
        else if (tag.name === 'meta') observer.onTag(tag)
      },
      onInline: (kind, tag, text) => {
        if (observer.hasPolicy && tag.attributes.has('nonce')) return false
        return kind === 'script'
          ? this.#meetScript(tag, text, known?.scripts)
          : this.#meetStyle(text, known?.styles)
      },
    }
    return new PageScanner(reader, nonce)
  }

  /** @param known Undefined while learning: then everything runs, and is remembered. */
  #meetScript(tag: Tag, text: string | undefined, known: ReadonlySet<string> | undefined): boolean {
    const { shapes, knowledge, sighting, onLearned } = this.#tools
    const type = (tag.attributes.get('type') ?? '').trim().toLowerCase()
    if (text !== undefined) this.#noteReading(text)
    const shape = text === undefined ? undefined : shapes.shapeOf(text, type)
    if (shape !== undefined && known?.has(shape) === true) return true
    const sample = text?.trim().replace(/\s+/g, ' ')
    const seen = { ...sighting, sample }
    if (known) see(knowledge.refused, `script ${shape ?? 'unreadable'}`, seen)
    else if (shape !== undefined) see(knowledge.scripts, shape, seen)
    onLearned()
    return known === undefined
  }

  #meetStyle(text: string | undefined, known: ReadonlySet<string> | undefined): boolean {
    const hash = text === undefined ? undefined : sha256(text)
    if (hash !== undefined && known?.has(hash) === true) return true
    const { knowledge, sighting } = this.#tools
    if (!known && hash !== undefined) see(knowledge.styles, hash, sighting)
    return known === undefined
  }
}

/** Whether a page of ours led the visitor here: by a form, or by a redirect after one. */
function isOwnNavigation(request: RequestHead): boolean {
  const isNavigation = valueOf(request, 'sec-fetch-mode') === 'navigate'
  return isNavigation && valueOf(request, 'sec-fetch-site') === 'same-origin'
}

function isReadable(head: ResponseHead, type: string): boolean {
  const coding = valueOf(head, 'content-encoding').toLowerCase()
  const isPart = head.status === 206
  return !isPart && (coding === '' || coding === 'identity') && !strangeCharset.test(type)
}

function withoutOutdated(head: ResponseHead): ResponseHead {
  const headers: string[] = []
  for (let at = 0; at < head.headers.length; at += 2) {
    const name = head.headers[at] ?? ''
    const value = head.headers[at + 1] ?? ''
    if (!outdated.has(name)) headers.push(name, name === 'cache-control' ? asPrivate(value) : value)
  }
  return { ...head, headers }
}

/** A nonce shared by all visitors of a cache would be no secret. */
function asPrivate(value: string): string {
  const kept = value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => !/^(?:public|private|s-maxage\b.*)$/i.test(part))
  return ['private', ...kept].join(', ')
}

/** Fields beside the application's own; of several reports all are sent, of endpoints all hold. */
function withFields(
  head: ResponseHead,
  fields: readonly (readonly [string, string])[],
): ResponseHead {
  return { ...head, headers: [...head.headers, ...fields.flat()] }
}

function valueOf({ headers }: Pick<ResponseHead, 'headers'>, name: string): string {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] === name) return headers[at + 1] ?? ''
  }
  return ''
}
