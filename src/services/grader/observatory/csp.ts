/**
 * Content-Security-Policy as the HTTP Observatory reads it: directives, and what remains of them
 * when several policies apply together.
 *
 * Not how a browser reads it: a directive given twice makes the whole policy unreadable here, and
 * of two policies only what stands in both is kept, compared by path. Source: MDN HTTP Observatory,
 * algorithm 4.
 *
 * @module
 */

/** Directive → its sources, all in lower case. */
export type Csp = ReadonlyMap<string, ReadonlySet<string>>

export type ParsedCsp = { readonly csp: Csp; readonly repeated: boolean }

type Source = { readonly text: string; readonly policy: number; keep: boolean }

/** Shorter can be no policy. */
const POLICY_MIN = 6
const mayRepeat: ReadonlySet<string> = new Set(['report-uri', 'report-to'])
const { compare } = new Intl.Collator('en')

/** Directives that mean nothing in a meta element. */
const headerOnly: readonly string[] = ['frame-ancestors', 'report-uri', 'sandbox']

/** @returns Undefined when it cannot be read. */
export function parseCsp(policies: readonly string[]): ParsedCsp | undefined {
  const combined = new Map<string, Source[]>()
  let repeated = false
  for (const [policy, given] of policies.entries()) {
    const text = given.replaceAll(/[\r\n]/g, '').trim()
    if (text.length < POLICY_MIN) return undefined
    const seen = new Set<string>()
    for (const part of text.split(';')) {
      const [first = '', ...values] = part.trim().split(/\s+/)
      if (first === '') continue
      const directive = first.toLowerCase()
      if (seen.has(directive) && !mayRepeat.has(directive)) return undefined
      repeated ||= seen.has(directive)
      seen.add(directive)
      const bare = values.length === 0 && directive.endsWith('-src') ? ["'none'"] : values
      const own = bare.map((value) => sourceOf(value, policy))
      const before = policy === 0 ? [] : (combined.get(directive) ?? [])
      const kept = keptOf([...before, ...own])
      if (!kept) return undefined
      if (policy === 0 && policies.length > 1) for (const source of kept) source.keep = false
      combined.set(directive, kept)
    }
  }
  const csp = new Map(
    [...combined].map(([directive, sources]) => {
      const texts = sources.map(({ text }) => text)
      return [directive, new Set(texts.length > 0 ? texts : ["'none'"])] as const
    }),
  )
  return { csp, repeated }
}

/** A policy from meta elements: without what only a header may say. */
export function parseMetaCsp(policies: readonly string[]): Csp | undefined {
  const parsed = parseCsp(policies)
  if (!parsed) return undefined
  return new Map([...parsed.csp].filter(([directive]) => !headerOnly.includes(directive)))
}

function sourceOf(value: string, policy: number): Source {
  return { text: value.toLowerCase(), policy, keep: policy === 0 }
}

/** @returns Undefined when a source cannot be decoded. */
function keptOf(sources: Source[]): Source[] | undefined {
  const sorted = sources.toSorted((a, b) => compare(a.text, b.text))
  for (const [at, source] of sorted.entries()) {
    const previous = sorted[at - 1]
    if (!previous) continue
    if (source.policy === previous.policy) {
      if (source.text.startsWith(previous.text)) source.keep = false
      continue
    }
    const covered = covers(previous.text, source.text)
    if (covered === undefined) return undefined
    if (covered) source.keep = true
  }
  return sorted.filter(({ keep }) => keep)
}

/** Whether a source with a path covers another. */
function covers(wide: string, narrow: string): boolean | undefined {
  if (wide === '' || (wide === '/' && narrow === '')) return true
  const exact = !wide.endsWith('/')
  const wideParts = wide.split('/')
  const narrowParts = narrow.split('/')
  if (wideParts.length > narrowParts.length) return false
  if (exact && wideParts.length !== narrowParts.length) return false
  if (!exact) wideParts.pop()
  try {
    return wideParts.every(
      (part, at) => decodeURIComponent(part) === decodeURIComponent(narrowParts[at] ?? ''),
    )
  } catch {
    return undefined
  }
}
