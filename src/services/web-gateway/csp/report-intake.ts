/**
 * Takes in what browsers report: bounded in size and rate, sorted from noise, counted, answered
 * with nothing.
 *
 * @module
 */
import type { GuardRefusal } from '../guard.ts'
import type { HeldRequest } from '../interception.ts'
import { remember, see, pageOf, type SiteKnowledge } from './knowledge.ts'
import { noiseOf } from './noise.ts'
import { sourceOf } from './observe-page.ts'
import { WRITTEN_INLINE } from './propose.ts'
import { readReports, type Violation } from './reports.ts'

const BODY_MAX = 64 * 1024
/** Bodies read at once, and again each second; more are thanked for and thrown away. */
const BURST_MAX = 200
const PER_SECOND = 20

export type ReportContext = {
  /** Of the request, with its port. */
  readonly host: string
  readonly network: string
  readonly knowledge: SiteKnowledge
  readonly nowMs: number
}

export class ReportIntake {
  readonly #nowMs: () => number
  #tokens = BURST_MAX
  #filledMs: number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#filledMs = nowMs()
  }

  open(context: ReportContext): HeldRequest {
    const pieces: Buffer[] = []
    let size = 0
    return {
      take: (content): GuardRefusal | undefined => {
        size += content.length
        if (size > BODY_MAX) return { code: 'WEB_BODY_TOO_LARGE', detail: 'a report' }
        pieces.push(content)
        return undefined
      },
      decide: () => {
        if (this.#admits()) record(Buffer.concat(pieces).toString('utf8'), context)
        else count(context.knowledge, 'too many at once')
        return 'done'
      },
      answered: (head) => head,
      over: () => undefined,
    }
  }

  #admits(): boolean {
    const nowMs = this.#nowMs()
    const refill = ((nowMs - this.#filledMs) / 1000) * PER_SECOND
    this.#tokens = Math.min(BURST_MAX, this.#tokens + refill)
    this.#filledMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

function record(body: string, context: ReportContext): void {
  const { knowledge, network, host } = context
  const origin = `https://${host}`
  const hostName = URL.parse(origin)?.hostname ?? host
  for (const violation of readReports(body)) {
    const noise = noiseOf(violation, hostName)
    if (noise !== undefined) {
      count(knowledge, noise)
      continue
    }
    knowledge.reports++
    remember(knowledge.networks, network)
    learn(violation, origin, context)
  }
}

function learn(violation: Violation, origin: string, context: ReportContext): void {
  const { knowledge, nowMs, network } = context
  const { directive, blocked, sample } = violation
  const page = pageOf(URL.parse(violation.document)?.pathname ?? '/')
  const sighting = { nowMs, page, network }
  if (/trusted-types/.test(directive)) {
    return see(knowledge.sinks, sample.split('|', 1)[0] || blocked, { ...sighting, sample })
  }
  const family = directive.replace(/-(?:elem|attr)$/, '')
  const key = `${family} ${sourceKey(violation, origin)}`
  if (violation.disposition === 'enforce') {
    return see(knowledge.refused, key, { ...sighting, sample })
  }
  if (blocked !== 'inline' && blocked !== 'self') {
    if (sourceOf(blocked, origin) !== undefined) see(knowledge.sources, key, sighting)
  } else if (directive === 'script-src-attr') {
    const isKnown = Object.values(knowledge.handlers).some((each) =>
      startsAlike(each.sample, sample),
    )
    if (!isKnown) see(knowledge.handlers, 'varies', { ...sighting, sample })
  } else if (directive === 'style-src-attr') knowledge.styleAttributes++
  else see(knowledge.sources, key, sighting)
}

function sourceKey({ directive, blocked }: Violation, origin: string): string {
  if (blocked !== 'inline' && blocked !== 'self') return sourceOf(blocked, origin) ?? blocked
  return directive.startsWith('style') ? "'unsafe-inline'" : WRITTEN_INLINE
}

/** Browsers send the first 40 characters. */
function startsAlike(known: string | undefined, sample: string): boolean {
  return known !== undefined && sample !== '' && known.startsWith(sample.slice(0, 40))
}

function count(knowledge: SiteKnowledge, why: string): void {
  knowledge.noise[why] = (knowledge.noise[why] ?? 0) + 1
}
