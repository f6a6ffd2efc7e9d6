/** The gateway's own pages: in the visitor's language, without scripts, within their own policy. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { webGatewayConfig } from './config.ts'
import { HeaderPolicy } from './headers.ts'
import { languages, pageTexts } from './page-texts.ts'
import { chooseLanguage, ownAnswer } from './pages.ts'
import { refusals, type RefusalCode } from './refusals.ts'

const headers = new HeaderPolicy(webGatewayConfig.parse({}).headers, true)

function answer(code: RefusalCode, fields: readonly string[] = [], method = 'GET'): string {
  const request = { method, headers: fields }
  return ownAnswer({ code, request, id: 'a-1', keepAlive: true, headers, dateMs: 0 }).toString()
}

test('pages: the language is the first of ours that the visitor prefers', () => {
  const cases: Readonly<Record<string, string>> = {
    '': 'en',
    'nl-BE,nl;q=0.9,en;q=0.8': 'nl',
    'de, fr;q=0.7, en;q=0.3': 'fr',
    'en;q=0.1, nl;q=0.5': 'nl',
    'nl;q=0, fr': 'fr',
    '*': 'en',
    'FR-be': 'fr',
    'nonsense;q=x;;, ,': 'en',
  }
  for (const [accept, language] of Object.entries(cases)) {
    assert.equal(chooseLanguage(accept), language, accept)
  }
})

test('pages: each says what happened and what to do, and the number of the request', () => {
  for (const code of Object.keys(refusals) as RefusalCode[]) {
    for (const language of languages) {
      const page = answer(code, ['accept-language', language])
      const [title, happened, advice] =
        pageTexts[refusals[code].page ?? refusals[code].status][language]
      for (const text of [title, happened, advice, 'a-1', `lang="${language}"`]) {
        assert(page.includes(text), `${code} ${language}: ${text}`)
      }
    }
  }
})

test('pages: the policy allows the one style on the page, and nothing else', () => {
  const page = answer('WEB_UPSTREAM_DOWN')
  const style = /<style>([^]*)<\/style>/.exec(page)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  assert.match(page, /content-security-policy: default-src 'none'; style-src 'sha256-/)
  assert(page.includes(`'sha256-${hash}'`))
  assert.doesNotMatch(page, /<script|style="| on\w+=|https?:/)
})

test('pages: programs that ask for JSON get problem details', () => {
  const [head = '', body = ''] = answer('WEB_HOST_UNKNOWN', ['accept', 'application/json']).split(
    '\r\n\r\n',
  )
  assert.match(head, /content-type: application\/problem\+json/)
  assert.equal((JSON.parse(body) as { status: number }).status, 421)
})

test('pages: HEAD gets the head alone', () => {
  assert(answer('WEB_HOST_UNKNOWN', [], 'HEAD').endsWith('\r\n\r\n'))
})
