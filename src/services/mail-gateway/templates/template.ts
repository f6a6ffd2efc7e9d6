/**
 * One source, two faces: a template of a few plain marks becomes text and HTML. Pure.
 *
 *     Subject: Welcome, {{name}}
 *
 *     # Welcome
 *     Hello {{name}}, your place is kept.
 *
 *     - bring shoes
 *     - be early
 *
 *     [See your booking]({{url:booking}})
 *
 * A value is a person's or a club's, so it may come from a stranger who wants his words in
 * somebody's mailbox: what looks like an address of the web is refused in a plain value, lines are
 * one, and letters few. A `{{url:…}}` must lead to a host that was declared.
 *
 * @module
 */
import { DeniedError } from '#lib/errors.ts'
import { escapeMarkup } from '#lib/markup.ts'
import type { Language } from '../words.ts'

export type Template = { readonly subject: string; readonly blocks: readonly Block[] }

type Block =
  | { readonly kind: 'heading' | 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'button'; readonly label: string; readonly url: string }

export type Values = Readonly<Record<string, string>>

export type Rendered = { readonly subject: string; readonly text: string; readonly html: string }

const SOURCE_MAX = 20_000
const VALUE_MAX = 120
const URL_MAX = 1000

/** @throws {DeniedError} MAIL_TEMPLATE_INVALID when the source is no template. */
export function parseTemplate(source: string): Template {
  const [head = '', ...rest] = source.replaceAll('\r\n', '\n').split('\n')
  const subject = /^Subject: (.+)$/.exec(head)?.[1]
  if (subject === undefined || source.length > SOURCE_MAX)
    throw refused('MAIL_TEMPLATE_INVALID', 'a template begins with a line `Subject: …`')
  const pieces = rest
    .join('\n')
    .split(/\n{2,}|\n(?=# )|(?<=^# .*)\n/m)
    .map((piece) => piece.trim())
  return { subject, blocks: pieces.filter((piece) => piece !== '').map(blockOf) }
}

function blockOf(piece: string): Block {
  if (piece.startsWith('# ')) return { kind: 'heading', text: piece.slice(2) }
  const lines = piece.split('\n')
  if (lines.every((line) => line.startsWith('- ')))
    return { kind: 'list', items: lines.map((line) => line.slice(2)) }
  const [, label, url] = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(piece) ?? []
  if (label !== undefined && url !== undefined) return { kind: 'button', label, url }
  return { kind: 'paragraph', text: lines.join(' ') }
}

/** Every value that the template asks for; those of addresses as `url:name`. */
export function wanted(template: Template): readonly string[] {
  const texts = [template.subject, ...template.blocks.flatMap(textsOf)]
  const names = texts.flatMap((text) => [...text.matchAll(MARK)].map(([, name = '']) => name))
  return [...new Set(names)].toSorted()
}

const MARK = /\{\{((?:url:)?\w{1,40})\}\}/g

function textsOf(block: Block): readonly string[] {
  if (block.kind === 'list') return block.items
  return block.kind === 'button' ? [block.label, block.url] : [block.text]
}

/**
 * @param hosts To which addresses in values may lead.
 * @throws {DeniedError} MAIL_TEMPLATE_VALUE when a value is missing, or is none that may be shown.
 */
export function render(
  template: Template,
  language: Language,
  values: Values,
  hosts: readonly string[],
): Rendered {
  const fill = (text: string): string =>
    text.replaceAll(MARK, (_, name: string) => valueOf(name, values, hosts))
  const subject = fill(template.subject)
  const blocks = template.blocks.map((block): Block => {
    if (block.kind === 'list') return { ...block, items: block.items.map(fill) }
    if (block.kind === 'button') return { ...block, label: fill(block.label), url: fill(block.url) }
    return { ...block, text: fill(block.text) }
  })
  return { subject, text: asText(blocks), html: asHtml(subject, language, blocks) }
}

function valueOf(name: string, values: Values, hosts: readonly string[]): string {
  const isUrl = name.startsWith('url:')
  const value = values[isUrl ? name.slice('url:'.length) : name]
  if (value === undefined) throw refused('MAIL_TEMPLATE_VALUE', `the value ${name} is missing`)
  if (isUrl) {
    const url = URL.canParse(value) && value.length <= URL_MAX ? new URL(value) : undefined
    const isOurs = url?.protocol === 'https:' && url.username === '' && hosts.includes(url.hostname)
    if (url && isOurs) return url.href
    throw refused('MAIL_TEMPLATE_VALUE', `${name} must be an https address of a declared host`)
  }
  const isShort = value.length <= VALUE_MAX && !/[\p{Cc}\p{Cf}]/u.test(value)
  const isAddress = /:\/\/|www\.|[^\s.]\.(?!\d)[\p{L}]{2,}/iu.test(value)
  if (isShort && !isAddress) return value
  throw refused('MAIL_TEMPLATE_VALUE', `${name} must be a short line without an address in it`)
}

function refused(code: string, said: string): DeniedError {
  return new DeniedError(code, said, said)
}

function asText(blocks: readonly Block[]): string {
  const parts = blocks.map((block) => {
    if (block.kind === 'list') return block.items.map((item) => `- ${plain(item)}`).join('\n')
    if (block.kind === 'button') return `${block.label}:\n${block.url}`
    return block.kind === 'heading' ? block.text.toUpperCase() : plain(block.text)
  })
  return `${parts.join('\n\n')}\n`
}

/** The words without the marks of weight. */
function plain(text: string): string {
  return text.replaceAll(/\*\*([^*]+)\*\*/g, '$1')
}

const ink = '#1c2430'
const styles: Readonly<Record<string, string>> = {
  body: `margin:0;padding:24px 12px;background:#f6f7f9;color:${ink}`,
  card: 'max-width:560px;margin:0 auto;padding:28px;background:#ffffff;border-radius:10px',
  font: 'font:16px/1.6 system-ui,-apple-system,Segoe UI,Roboto,sans-serif',
  heading: 'margin:0 0 16px;font-size:22px;line-height:1.3',
  paragraph: 'margin:0 0 16px',
  button:
    'display:inline-block;padding:12px 22px;border-radius:8px;background:#14532d;color:#ffffff;' +
    'font-weight:600;text-decoration:none',
}

/** Readers of mail know few rules: styles stand at their elements, one for dark stands above. */
function asHtml(subject: string, language: Language, blocks: readonly Block[]): string {
  const content = blocks.map(htmlOf).join('\n')
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeMarkup(subject)}</title>
<style>
@media (prefers-color-scheme: dark) {
  body { background: #14181d !important; color: #e8ebef !important }
  .card { background: #1e242b !important; color: #e8ebef !important }
  .button { background: #86d9a4 !important; color: #14181d !important }
  .veilig-footer { color: #aab2bd !important }
}
</style>
</head>
<body style="${styles['body']};${styles['font']}">
<div class="card" style="${styles['card']}">
${content}
</div>
</body>
</html>
`
}

function htmlOf(block: Block): string {
  if (block.kind === 'list')
    return `<ul>${block.items.map((item) => `<li>${strong(item)}</li>`).join('')}</ul>`
  if (block.kind === 'button') {
    const face = `class="button" style="${styles['button']}" href="${escapeMarkup(block.url)}"`
    return `<p style="${styles['paragraph']}"><a ${face}>${escapeMarkup(block.label)}</a></p>`
  }
  const tag = block.kind === 'heading' ? 'h1' : 'p'
  return `<${tag} style="${styles[block.kind]}">${strong(block.text)}</${tag}>`
}

function strong(text: string): string {
  return escapeMarkup(text).replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
}
