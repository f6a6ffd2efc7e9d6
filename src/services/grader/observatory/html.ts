/**
 * The little of an HTML page that graders look at: meta elements and scripts.
 *
 * Read by patterns, not by a parser: comments and the text of scripts are left out first. A page
 * that hides its scripts from this hides them from nobody who matters: the score is of goodwill.
 *
 * @module
 */

export type ScriptTag = { readonly src: string; readonly integrity: boolean }

/** Policies in meta elements by header name: all of Content-Security-Policy, the last referrer. */
export function metaPolicies(html: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const [, attributes = ''] of bare(html).matchAll(/<meta\b([^>]*)>/gi)) {
    const content = attribute(attributes, 'content') ?? ''
    if (content === '') continue
    const equivalent = attribute(attributes, 'http-equiv')?.toLowerCase().trim()
    if (equivalent === CSP) found.set(CSP, [...(found.get(CSP) ?? []), content])
    else if (equivalent === undefined && isReferrer(attributes)) {
      found.set('referrer-policy', [content])
    }
  }
  return found
}

const CSP = 'content-security-policy'

function isReferrer(attributes: string): boolean {
  return attribute(attributes, 'name')?.toLowerCase().trim() === 'referrer'
}

/** How many scripts there are, and those that are loaded. */
export function scripts(html: string): {
  readonly count: number
  readonly loaded: readonly ScriptTag[]
} {
  const tags = [...bare(html).matchAll(/<script\b([^>]*)>/gi)].map(
    ([, attributes = '']) => attributes,
  )
  const loaded = tags.flatMap((attributes) => {
    const src = attribute(attributes, 'src')
    if (src === undefined || src === '') return []
    return [{ src, integrity: (attribute(attributes, 'integrity') ?? '') !== '' }]
  })
  return { count: tags.length, loaded }
}

function bare(html: string): string {
  return html
    .replace(/<!--[^]*?-->/g, '')
    .replace(/(<(script|style|textarea|title)\b[^>]*>)[^]*?(<\/\2\s*>)/gi, '$1$3')
}

function attribute(attributes: string, name: string): string | undefined {
  const pattern = new RegExp(
    `(?:^|[\\s"'/])${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`,
    'i',
  )
  const found = pattern.exec(attributes)
  return found ? (found[1] ?? found[2] ?? found[3] ?? '') : undefined
}
