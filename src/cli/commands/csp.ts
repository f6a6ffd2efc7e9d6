/**
 * `veilig csp …`: what the pages of an application need, a policy in words, and the one command
 * that enforces it, or undoes it.
 *
 * @module
 */
import { DeniedError, UsageError } from '#lib/errors.ts'
import type { Decision } from '#services/web-gateway/csp/decisions.ts'
import type { Seen, SeenMap, SiteKnowledge } from '#services/web-gateway/csp/knowledge.ts'
import { policyText } from '#services/web-gateway/csp/policy-text.ts'
import { propose, VIEWS_MIN, type Proposal } from '#services/web-gateway/csp/propose.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { readDecisions, readKnowledge, writeDecisions } from '../csp-files.ts'
import { say } from './staff.ts'

const SHOWN_MAX = 12
const SAMPLE_WIDTH = 60

const show: Command = {
  name: 'csp show',
  summary: 'what was learned of an application’s pages, and which policy holds',
  usage: '[SITE] [--json]',
  options: {},
  run: async (context, input) => {
    const site = await siteOf(context, input)
    const { name, knowledge, decision } = site
    const { directives = {} } = decision ?? {}
    say(input, { site: name, decision, knowledge }, () =>
      [
        `${name}: ${stateText(decision)}`,
        `  ${knowledge.views} of ${VIEWS_MIN} page views, ${knowledge.reports} reports, ` +
          `${sum(knowledge.noise)} thrown away as noise`,
        ...(decision?.state === 'enforced' ? [`  ${policyText(directives)}`] : []),
        ...list('Refused since', knowledge.refused),
        ...list('What Trusted Types would stop', knowledge.sinks),
      ].join('\n'),
    )
    return 0
  },
}

const proposeCommand: Command = {
  name: 'csp propose',
  summary: 'a policy for an application, in words',
  usage: '[SITE] [--json]',
  options: {},
  run: async (context, input) => {
    const { name, knowledge } = await siteOf(context, input)
    const proposal = propose(knowledge)
    say(input, { site: name, ...proposal }, () => proposalText(name, knowledge, proposal))
    return 0
  },
}

const enforce: Command = {
  name: 'csp enforce',
  summary: 'enforce what csp propose says; takes hold within a second, csp undo takes it back',
  usage: '[SITE] [--early] [--also SHAPE,…] [--trusted-types] [--json]',
  options: {
    early: { type: 'boolean' },
    also: { type: 'string' },
    'trusted-types': { type: 'boolean' },
  },
  run: async (context, input) => {
    const { name, knowledge, decision } = await siteOf(context, input)
    const { directives, scripts, styles, isReady } = propose(knowledge)
    if (!isReady && input.values['early'] !== true) {
      const message =
        `${knowledge.views} of ${VIEWS_MIN} page views: too few to know what the pages need. ` +
        'Wait, or add --early if you have seen every page yourself.'
      throw new DeniedError('CSP_NOT_READY', message, message)
    }
    const also = String(input.values['also'] ?? '')
      .split(',')
      .filter(Boolean)
    const decided: Decision = {
      state: 'enforced',
      directives,
      scripts: [...scripts, ...also],
      styles,
      trustedTypes: input.values['trusted-types'] === true || decision?.trustedTypes === true,
      sinceMs: context.clock.nowMs(),
    }
    await decide(context, name, decided)
    say(input, { site: name, ...decided }, () => `Enforced for ${name}. Undo: veilig csp undo`)
    return 0
  },
}

const undo: Command = {
  name: 'csp undo',
  summary: 'go back to learning; what was learned stays',
  usage: '[SITE] [--json]',
  options: {},
  run: async (context, input) => {
    const { name } = await siteOf(context, input)
    const rules = { directives: {}, scripts: [], styles: [], trustedTypes: false }
    const decided: Decision = { ...rules, state: 'learning', sinceMs: context.clock.nowMs() }
    await decide(context, name, decided)
    say(input, { site: name, ...decided }, () => `${name} is learning again; nothing is refused.`)
    return 0
  },
}

export const cspCommands: readonly Command[] = [show, proposeCommand, enforce, undo]

type Site = {
  readonly name: string
  readonly knowledge: SiteKnowledge
  readonly decision: Decision | undefined
}

/** The site named, or the only one there is. */
async function siteOf(context: Context, { positionals }: CommandInput): Promise<Site> {
  const all = await readKnowledge(context.paths)
  const [given, ...more] = positionals
  const name = given ?? (all.size === 1 ? [...all.keys()][0] : undefined)
  const knowledge = name === undefined ? undefined : all.get(name)
  if (name === undefined || !knowledge || more.length > 0) {
    const known = [...all.keys()].join(', ')
    const message =
      known === ''
        ? 'no page has been seen yet; open the application through the gateway first'
        : `name one of: ${known}`
    throw new UsageError('CSP_SITE_UNKNOWN', message)
  }
  return { name, knowledge, decision: (await readDecisions(context.paths))[name] }
}

async function decide(context: Context, site: string, decision: Decision): Promise<void> {
  const decisions = await readDecisions(context.paths)
  await writeDecisions(context.paths, { ...decisions, [site]: decision })
}

function stateText(decision: Decision | undefined): string {
  if (decision?.state !== 'enforced') return 'learning; nothing is refused yet'
  const since = new Date(decision.sinceMs).toISOString().slice(0, 16).replace('T', ' ')
  return `enforced since ${since}${decision.trustedTypes ? ', asking about Trusted Types' : ''}`
}

function proposalText(name: string, knowledge: SiteKnowledge, proposal: Proposal): string {
  const { isReady, words, warnings, leftOut, directives } = proposal
  const views = `${knowledge.views} of ${VIEWS_MIN} page views`
  return [
    isReady ? `A policy for ${name}, after ${views}` : `${name}: ${views}, still learning`,
    '',
    ...words.map((word) => `  • ${word}`),
    ...(warnings.length > 0
      ? ['', 'What weakens it', ...warnings.map((each) => `  • ${each}`)]
      : []),
    ...(leftOut.length > 0 ? ['', 'Left out', ...leftOut.map((each) => `  • ${each}`)] : []),
    ...list('Inline scripts that may run', knowledge.scripts),
    '',
    policyText(directives),
    '',
    isReady ? 'Enforce it: veilig csp enforce' : 'It will be ready after 200 page views.',
  ].join('\n')
}

function list(title: string, map: SeenMap): string[] {
  const entries = Object.entries(map).sort(([, one], [, other]) => other.count - one.count)
  if (entries.length === 0) return []
  const lines = entries.slice(0, SHOWN_MAX).map(([key, seen]) => `  ${line(key, seen)}`)
  const more = entries.length - lines.length
  return ['', title, ...lines, ...(more > 0 ? [`  … and ${more} more (--json)`] : [])]
}

/** A page wrote the sample: nothing in it may speak to the terminal. */
function line(key: string, { count, page, sample }: Seen): string {
  const text = (sample ?? '').replace(/[^\x20-\x7e]/g, '·').slice(0, SAMPLE_WIDTH)
  return `${String(count).padStart(6)} × ${page}  ${key.slice(0, SAMPLE_WIDTH)}  ${text}`.trimEnd()
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
