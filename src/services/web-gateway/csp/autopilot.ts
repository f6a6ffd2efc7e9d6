/**
 * The CSP autopilot: learns what the pages of an application need, and enforces what a person has
 * agreed to. An answer with a Content-Security-Policy of its own is never touched.
 *
 * @module
 */
import { createHmac } from 'node:crypto'
import { networkOf } from '#lib/lockout/network.ts'
import type { RequestHead } from '#protocol/http/head.ts'
import type { AnswerFilter, HeldRequest } from '../interception.ts'
import type { Decision, Decisions } from './decisions.ts'
import { newKnowledge, pageOf, see, type SiteKnowledge } from './knowledge.ts'
import { PageFilter, type PageTools } from './page-filter.ts'
import { REPORT_PATH } from './policy-text.ts'
import { ReportIntake } from './report-intake.ts'
import { ScriptShapes } from './script-shape.ts'

export type AutopilotTools = {
  readonly random: (size: number) => Uint8Array
  readonly wallClockMs: () => number
  readonly nowMs: () => number
  /** Hides addresses in what is kept; the same for all processes. */
  readonly key: Uint8Array
}

const NETWORK_HASH_SIZE = 8
const OWN_MIN = 20

export class Autopilot {
  readonly #sites: ReadonlyMap<string, string>
  readonly #tools: AutopilotTools
  readonly #shapes = new ScriptShapes()
  readonly #knowledge = new Map<string, SiteKnowledge>()
  readonly #intake: ReportIntake
  #decisions: ReadonlyMap<string, Decision> = new Map()
  #changed = false

  /** @param sites Host name, without port → the application it looks after under that name. */
  constructor(sites: ReadonlyMap<string, string>, tools: AutopilotTools) {
    this.#sites = sites
    this.#tools = tools
    this.#intake = new ReportIntake(tools.nowMs)
  }

  /** Takes up what was learned before this process began. */
  restore(all: Readonly<Record<string, SiteKnowledge>>): void {
    for (const [site, knowledge] of Object.entries(all)) this.#knowledge.set(site, knowledge)
  }

  /** What is to be kept; undefined when nothing is new since the last call. */
  takeChanges(): Readonly<Record<string, SiteKnowledge>> | undefined {
    if (!this.#changed) return undefined
    this.#changed = false
    return Object.fromEntries(this.#knowledge)
  }

  /** From now on this holds. @returns Sites whose state is another than before. */
  decide(decisions: Decisions): readonly { readonly site: string; readonly state: string }[] {
    const before = this.#decisions
    this.#decisions = new Map(Object.entries(decisions))
    return [...this.#decisions]
      .filter(([site, { sinceMs }]) => before.get(site)?.sinceMs !== sinceMs)
      .map(([site, { state }]) => ({ site, state }))
  }

  /**
   * The request as the application should see it. A page must come whole and readable: the nonce
   * in it is as fresh as the policy beside it, so the browser's old copy is of no use.
   */
  asked(head: RequestHead, host: string): RequestHead {
    const site = this.#sites.get(host)
    if (site === undefined || !isForPage(head)) return head
    const knowledge = this.#knowledge.get(site)
    if (knowledge && bringsItsOwn(knowledge)) return head
    const headers = head.headers.filter((_, at) => {
      const name = head.headers[at - (at % 2)] ?? ''
      return !withheld.has(name)
    })
    return { ...head, headers }
  }

  /** A report on its way to us; undefined when the request is for the application. */
  hold(head: RequestHead, host: string, address: string): HeldRequest | undefined {
    const site = this.#sites.get(host)
    if (head.method !== 'POST' || site === undefined) return undefined
    if (head.target.split('?', 1)[0] !== REPORT_PATH) return undefined
    this.#changed = true
    return this.#intake.open({
      host: head.host,
      network: this.#networkHash(address),
      knowledge: this.#knowledgeOf(site),
      nowMs: this.#tools.wallClockMs(),
    })
  }

  /** What the answer is changed by; undefined for hosts that are none of ours. */
  open(head: RequestHead, host: string, address: string): AnswerFilter | undefined {
    const site = this.#sites.get(host)
    if (site === undefined) return undefined
    const knowledge = this.#knowledgeOf(site)
    const { wallClockMs } = this.#tools
    const tools: PageTools = {
      knowledge,
      decision: this.#decisions.get(site),
      shapes: this.#shapes,
      nonce: () => Buffer.from(this.#tools.random(18)).toString('base64'),
      // Worked out when something is seen, which most answers have nothing of.
      get sighting() {
        return { nowMs: wallClockMs(), page: pageOf(head.target) }
      },
      network: () => this.#networkHash(address),
      onLearned: () => (this.#changed = true),
    }
    noteEchoes(head, knowledge, tools)
    return new PageFilter(head, tools)
  }

  #networkHash(address: string): string {
    return createHmac('sha256', this.#tools.key)
      .update(`veilig report v1\0${networkOf(address)}`)
      .digest('base64url')
      .slice(0, NETWORK_HASH_SIZE)
  }

  #knowledgeOf(site: string): SiteKnowledge {
    let knowledge = this.#knowledge.get(site)
    if (!knowledge) {
      knowledge = newKnowledge(this.#tools.wallClockMs())
      this.#knowledge.set(site, knowledge)
    }
    return knowledge
  }
}

/** An application that has sent a policy with every page so far is left its copies and packing. */
function bringsItsOwn({ views, ownPolicies }: SiteKnowledge): boolean {
  return ownPolicies === views && views >= OWN_MIN
}

/** Fields of a request for a page that would get us a page we cannot read, or none. */
const withheld: ReadonlySet<string> = new Set([
  'accept-encoding',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
])

function isForPage({ method, headers }: RequestHead): boolean {
  if (method !== 'GET' && method !== 'POST' && method !== 'HEAD') return false
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] === 'accept') return (headers[at + 1] ?? '').includes('text/html')
  }
  return false
}

/** A value so short may be equal by chance. */
const ECHO_MIN = 8
const ECHO_PAIRS_MAX = 30

/**
 * A script that copies a cookie into a field of its own request has read it: the usual way of
 * tokens against forged requests.
 */
function noteEchoes(head: RequestHead, knowledge: SiteKnowledge, tools: PageTools): void {
  const { headers } = head
  const at = headers.indexOf('cookie')
  if (at < 0 || at % 2 === 1) return
  const pairs = (headers[at + 1] ?? '').split(';').slice(0, ECHO_PAIRS_MAX)
  const values = new Map<string, string>()
  for (const pair of pairs) {
    const [name = '', ...value] = pair.trim().split('=')
    const text = value.join('=')
    if (text.length >= ECHO_MIN) values.set(text, name).set(unescaped(text), name)
  }
  for (let field = 0; field < headers.length; field += 2) {
    const name = headers[field] ?? ''
    if (!name.startsWith('x-')) continue
    const cookie = values.get(headers[field + 1] ?? '')
    if (cookie === undefined) continue
    see(knowledge.readCookies, cookie, { ...tools.sighting, sample: `sent back as ${name}` })
    tools.onLearned()
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
