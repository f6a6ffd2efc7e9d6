/**
 * From what was learned to a policy, and to the words in which a person is asked to agree to it.
 *
 * @module
 */
import { isFull, type SiteKnowledge, type Seen, type SeenMap } from './knowledge.ts'
import { NONCE_MARK, type Directives } from './policy-text.ts'

/** Page views before a proposal is worth reading. */
export const VIEWS_MIN = 200

export type Proposal = {
  readonly directives: Directives
  /** Shapes of inline scripts that will get a nonce. */
  readonly scripts: readonly string[]
  /** Hashes of inline styles that will. */
  readonly styles: readonly string[]
  /** What it allows, why, and what it refuses: one sentence each. */
  readonly words: readonly string[]
  /** What weakens it, and what would be better. */
  readonly warnings: readonly string[]
  /** What was seen and is not allowed: too few, from too few. */
  readonly leftOut: readonly string[]
  readonly isReady: boolean
}

/** Hashes of handlers in a header; more is no list but a hole. */
const HANDLERS_MAX = 60
/** A style that is another on every page cannot be known. */
const STYLES_MAX = 100

/** Stands among the sources for inline scripts that scripts write; no policy can allow them. */
export const WRITTEN_INLINE = "'written-inline'"

type Subject = { readonly directive: string; readonly what: string }

/** Directives whose sources are learned, with how one speaks of them. */
const subjects: readonly Subject[] = [
  { directive: 'script-src', what: 'scripts' },
  { directive: 'style-src', what: 'styles' },
  { directive: 'img-src', what: 'pictures' },
  { directive: 'font-src', what: 'fonts' },
  { directive: 'connect-src', what: 'requests of scripts' },
  { directive: 'media-src', what: 'sound and video' },
  { directive: 'manifest-src', what: 'manifests' },
  { directive: 'worker-src', what: 'workers' },
  { directive: 'frame-src', what: 'frames' },
  { directive: 'form-action', what: 'forms' },
]

/** Works out a policy. The same knowledge always gives the same policy. */
export function propose(knowledge: SiteKnowledge): Proposal {
  const words: string[] = []
  const warnings: string[] = []
  const leftOut: string[] = []
  const directives: Record<string, readonly string[]> = { 'default-src': ["'none'"] }
  for (const { directive, what } of subjects) {
    const { allowed, refused } = sourcesOf(knowledge, directive)
    leftOut.push(...refused)
    const usual = directive === 'img-src' ? ["'self'", 'data:'] : ["'self'"]
    const sources = allowed.map(({ source }) => source).filter((each) => each !== WRITTEN_INLINE)
    directives[directive] = [...new Set([...usual, ...sources])]
    for (const { source, seen } of allowed) {
      if (sources.includes(source)) words.push(sourceSentence(what, source, seen))
      else warnings.push(writtenInline(seen))
    }
  }
  const scripts = scriptRules(knowledge, directives, words, warnings)
  const styles = styleRules(knowledge, directives, words, warnings)
  directives['base-uri'] =
    sourcesOf(knowledge, 'base-uri').allowed.length > 0 ? ["'self'"] : ["'none'"]
  directives['object-src'] = ["'none'"]
  directives['frame-ancestors'] = ["'self'"]
  directives['upgrade-insecure-requests'] = []
  words.push('Everything else is refused: plug-ins, foreign frames around your pages, other hosts.')
  if (knowledge.unreadable > 0) {
    warnings.push(
      `${times(knowledge.unreadable, 'page')} came compressed though not asked to, or in ` +
        'UTF-16; their inline scripts cannot be known and will not run.',
    )
  }
  if (knowledge.ownPolicies > 0) {
    words.push(
      `${times(knowledge.ownPolicies, 'page')} came with a policy of the application’s own; ` +
        'those are passed on untouched.',
    )
  }
  const isReady = knowledge.views >= VIEWS_MIN
  return { directives, scripts, styles, words, warnings, leftOut, isReady }
}

function scriptRules(
  knowledge: SiteKnowledge,
  directives: Record<string, readonly string[]>,
  words: string[],
  warnings: string[],
): readonly string[] {
  const shapes = Object.keys(knowledge.scripts)
  const own = directives['script-src'] ?? []
  if (own.includes("'unsafe-eval'")) {
    warnings.push(
      'Scripts turn text into code (eval). That stays allowed, and costs ten points of a grader.',
    )
  }
  const sources = [...own]
  if (shapes.length > 0) {
    sources.push(NONCE_MARK)
    words.push(
      `${times(shapes.length, 'inline script')} of your pages may run: each gets a fresh nonce, ` +
        'whatever data stands in it. An inline script of any other shape does not run.',
    )
    if (isFull(knowledge.scripts)) {
      warnings.push(
        'Inline scripts differ from page to page beyond what can be listed: some will not run.',
      )
    }
  }
  const handlers = Object.keys(knowledge.handlers)
  if (handlers.length > HANDLERS_MAX || handlers.includes('varies')) {
    directives['script-src-attr'] = ["'unsafe-inline'"]
    warnings.push(
      `Event handlers in attributes (onclick="…") vary from page to page, so all of them stay ` +
        'allowed; an injected handler would run. Better: addEventListener in a script.',
    )
  } else if (handlers.length > 0) {
    directives['script-src-attr'] = ["'unsafe-hashes'", ...handlers]
    words.push(`${times(handlers.length, 'event handler')} in attributes may run, word for word.`)
  }
  directives['script-src'] = sources
  return shapes
}

function styleRules(
  knowledge: SiteKnowledge,
  directives: Record<string, readonly string[]>,
  words: string[],
  warnings: string[],
): readonly string[] {
  const styles = Object.keys(knowledge.styles)
  const own = (directives['style-src'] ?? []).filter((source) => source !== "'unsafe-inline'")
  const byScripts = own.length < (directives['style-src'] ?? []).length
  if (byScripts || styles.length > STYLES_MAX) {
    directives['style-src'] = [...own, "'unsafe-inline'"]
    const why = byScripts ? 'put in by scripts' : 'different from page to page'
    warnings.push(`Inline styles are ${why}, so all inline styles stay allowed.`)
    return []
  }
  if (styles.length > 0) {
    directives['style-src'] = [...own, NONCE_MARK]
    words.push(`${times(styles.length, 'inline style')} may apply; each gets a fresh nonce.`)
  }
  if (knowledge.styleAttributes > 0) {
    directives['style-src-attr'] = ["'unsafe-inline'"]
    words.push('Styles in attributes (style="…") stay allowed.')
  }
  return styles
}

type Allowed = { readonly source: string; readonly seen: Seen }

/** A source that only browsers told of counts when more than one network did, if there are more. */
function sourcesOf(
  { sources, networks }: SiteKnowledge,
  directive: string,
): { readonly allowed: readonly Allowed[]; readonly refused: readonly string[] } {
  const networksMin = Math.min(2, Math.max(1, networks.length))
  const allowed: Allowed[] = []
  const refused: string[] = []
  for (const [source, seen] of ofDirective(sources, directive)) {
    const isOurs = seen.count > (seen.reported ?? 0)
    if (isOurs || (seen.networks?.length ?? 0) >= networksMin) allowed.push({ source, seen })
    else refused.push(`${directive} ${source}: told of by one network only (${seen.page})`)
  }
  return { allowed, refused }
}

function ofDirective(sources: SeenMap, directive: string): (readonly [string, Seen])[] {
  return Object.entries(sources)
    .map(([key, seen]) => [key.split(' '), seen] as const)
    .filter(([[name]]) => name === directive)
    .map(([[, source = ''], seen]) => [source, seen] as const)
    .filter(([source]) => source !== '')
    .sort(([one], [other]) => (one < other ? -1 : 1))
}

function sourceSentence(what: string, source: string, seen: Seen): string {
  if (what === 'forms') {
    return `forms may lead to ${source}; seen ${seen.count} times, as on ${seen.page}.`
  }
  const from = source.includes('//') ? `from ${source}` : `as ${source}`
  return `${what} ${from} may load; seen ${seen.count} times, as on ${seen.page}.`
}

function writtenInline({ count, page }: Seen): string {
  return (
    `Scripts write inline scripts into the page, or addresses begin with javascript: (${count} ` +
    `times, as on ${page}). They will not run.`
  )
}

function times(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
