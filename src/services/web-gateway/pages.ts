/**
 * The gateway's own answers: a page for people, problem details for programs.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { FlatHeaders, RequestHead } from '#protocol/http/head.ts'
import type { HeaderPolicy } from './headers.ts'
import { languages, pageTexts, requestNumber, type Language } from './page-texts.ts'
import { refusals, type PageStatus, type RefusalCode } from './refusals.ts'

export type OwnAnswer = {
  readonly code: RefusalCode
  /** Undefined when no whole head came. */
  readonly request: Pick<RequestHead, 'method' | 'headers'> | undefined
  /** The visitor can name it, the operator finds it in the log. */
  readonly id: string
  readonly keepAlive: boolean
  readonly headers: HeaderPolicy
  readonly dateMs: number
  /** When trying again makes sense; else what is usual for the status. */
  readonly retryAfterSeconds?: number | undefined
}

/** Statuses after which trying again soon makes sense, and in how many seconds. */
const retryAfter: Readonly<Partial<Record<PageStatus, number>>> = { 429: 60, 503: 5 }

/** The whole answer, head and body. */
export function ownAnswer(answer: OwnAnswer): Buffer {
  const { status } = refusals[answer.code]
  const given = answer.request?.headers ?? []
  const language = chooseLanguage(fieldValue(given, 'accept-language'))
  const forPrograms = wantsJson(fieldValue(given, 'accept'))
  const text = forPrograms ? problem(answer, language) : page(answer, language)
  const body = Buffer.from(text)
  const type = forPrograms ? 'application/problem+json' : 'text/html; charset=utf-8'
  const retry = answer.retryAfterSeconds ?? retryAfter[status]
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `date: ${new Date(answer.dateMs).toUTCString()}`,
    `content-type: ${type}`,
    `content-language: ${language}`,
    `content-length: ${body.length}`,
    'cache-control: no-store',
    'vary: accept, accept-language',
    `x-request-id: ${answer.id}`,
    ...(status === 405 ? ['allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'] : []),
    ...(retry === undefined ? [] : [`retry-after: ${retry}`]),
    `connection: ${answer.keepAlive ? 'keep-alive' : 'close'}`,
  ]
  const lines = `${head.join('\r\n')}\r\n${answer.headers.withCsp(pageCsp)}\r\n`
  const bodiless = answer.request?.method === 'HEAD'
  return Buffer.concat([Buffer.from(lines, 'latin1'), ...(bodiless ? [] : [body])])
}

/**
 * The first of our languages the visitor prefers, by quality (RFC 9110 §12.5.4); English else.
 */
export function chooseLanguage(accept: string): Language {
  const wanted = accept
    .split(',', 20)
    .map((range) => {
      const [tag = '', ...parameters] = range.trim().toLowerCase().split(';')
      const quality = parameters.map((text) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(text)?.[1])
      return { language: tag.split('-')[0], quality: Number(quality.find(Boolean) ?? '1') }
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
  const isOurs = (tag: string | undefined): tag is Language => languages.includes(tag as Language)
  return wanted.map(({ language }) => language).find(isOurs) ?? 'en'
}

/** Programs name JSON and not HTML; browsers always name HTML. */
function wantsJson(accept: string): boolean {
  return /\bjson\b/i.test(accept) && !/text\/html/i.test(accept)
}

function fieldValue(headers: FlatHeaders, name: string): string {
  const at = headers.findIndex((each, index) => index % 2 === 0 && each === name)
  return at < 0 ? '' : (headers[at + 1] ?? '')
}

/** @see RFC 9457 */
function problem(answer: OwnAnswer, language: Language): string {
  const { status, page } = refusals[answer.code]
  const [title, detail] = pageTexts[page ?? status][language]
  return `${JSON.stringify({ type: 'about:blank', title, status, detail, instance: answer.id })}\n`
}

const style = `
:root {
  color-scheme: light dark;
  --paper: #f6f7f9; --card: #fff; --ink: #1b2430;
  --soft: #5a6676; --line: #dfe4ea; --mark: #2f6f5e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161b; --card: #1a2027; --ink: #e8edf3;
    --soft: #9aa7b5; --line: #2b343e; --mark: #7fc9b3;
  }
}
* { box-sizing: border-box }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif;
}
main {
  max-width: 34rem; width: 100%; padding: clamp(1.5rem, 5vw, 2.75rem);
  background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
}
.status {
  margin: 0; font-size: .9375rem; font-weight: 600;
  letter-spacing: .06em; color: var(--mark);
}
h1 {
  margin: .25rem 0 1rem; font-size: clamp(1.5rem, 4.5vw, 1.9rem);
  line-height: 1.25; letter-spacing: -.01em; text-wrap: balance;
}
p { margin: 0 0 .75rem }
.advice { padding-left: 1rem; border-left: 3px solid var(--mark) }
footer {
  margin-top: 1.75rem; padding-top: 1rem; border-top: 1px solid var(--line);
  font-size: .875rem; color: var(--soft);
}
code { font-family: ui-monospace, monospace; user-select: all }
`.trim()

const styleHash = createHash('sha256').update(style).digest('base64')

/** For our own pages: one style, named by its hash, and nothing else at all. */
const pageCsp =
  `default-src 'none'; style-src 'sha256-${styleHash}'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

function page(answer: OwnAnswer, language: Language): string {
  const { status, page } = refusals[answer.code]
  const [title, happened, advice] = pageTexts[page ?? status][language]
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<p class="status">${status}</p>
<h1>${title}</h1>
<p>${happened}</p>
<p class="advice">${advice}</p>
<footer>${requestNumber[language]} <code>${answer.id}</code></footer>
</main>
</body>
</html>
`
}
