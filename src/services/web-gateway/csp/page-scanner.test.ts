/** Pages at every cut: what gets a nonce, what does not, and that nothing else is touched. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readVectors } from '#kit/vectors.ts'
import { PageScanner } from './page-scanner.ts'
import { decodeEntities } from './tag.ts'

const NONCE = 'N0'

/** Everything inline is known, but for what holds the word `evil`. */
function scan(chunks: readonly Buffer[]): { readonly out: string; readonly seen: string[] } {
  const seen: string[] = []
  const scanner = new PageScanner(
    {
      onTag: () => undefined,
      onInline: (kind, _, text) => {
        seen.push(`${kind}:${text ?? '?'}`)
        return text?.includes('evil') === false
      },
    },
    NONCE,
  )
  const out = chunks.map((chunk) => scanner.push(chunk))
  return { out: Buffer.concat([...out, scanner.end() ?? Buffer.alloc(0)]).toString('latin1'), seen }
}

function* cuts(text: string): Generator<Buffer[]> {
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at <= bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)]
  yield Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
}

const unescaped = (text: string): string => text.replaceAll('\\n', '\n')

for (const vector of readVectors(new URL('testdata/pages.vectors', import.meta.url))) {
  test(`page: ${vector.case}`, () => {
    const page = unescaped(vector['page'] ?? '')
    const sent = unescaped(vector['sent'] ?? page)
    for (const chunks of cuts(page)) assert.equal(scan(chunks).out, sent)
  })
}

test('page: an inline script is seen whole at every cut', () => {
  const page = '<p><script>let a = "</b>"</script>x<style>p{}</style>'
  for (const chunks of cuts(page)) {
    assert.deepEqual(scan(chunks).seen, ['script:let a = "</b>"', 'style:p{}'])
  }
})

test('page: a script too long to be kept leaves without a nonce, and is not held for ever', () => {
  const long = Buffer.alloc(600 * 1024, 'a')
  const page = [Buffer.from('<script>'), long, Buffer.from('</script><script>b</script>')]
  const { out, seen } = scan(page)
  assert.deepEqual(seen, ['script:?', 'script:b'])
  assert.equal(out.length, 8 + long.length + 9 + `<script nonce="${NONCE}">b</script>`.length)
})

test('page: bytes of any kind come out as they went in, but for the nonces', () => {
  let state = 1
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) % below
  }
  const pieces = [
    '<', '</', '<!--', '-->', '<!', '<script', '</script', '<style>', '</style>', '>', '"', "'",
    '=', ' ', 'a', '\xff', '\0', '<textarea>', '<?', '<svg', '</', '--!>', '<plaintext', 'src=',
  ] // prettier-ignore
  for (let round = 0; round < 3_000; round++) {
    const page = Array.from({ length: next(14) }, () => pieces[next(pieces.length)]).join('')
    const bytes = Buffer.from(page, 'latin1')
    const at = next(bytes.length + 1)
    const whole = scan([bytes]).out
    assert.equal(scan([bytes.subarray(0, at), bytes.subarray(at)]).out, whole, page)
    assert.equal(whole.replaceAll(` nonce="${NONCE}"`, ''), page)
  }
})

test('page: character references are resolved, or said not to be known', () => {
  assert.equal(
    decodeEntities('go(&quot;a&quot;, &#39;b&#x27;) &amp;&amp; c&lt;d'),
    `go("a", 'b') && c<d`,
  )
  assert.equal(decodeEntities('/a?b=c&d=e'), '/a?b=c&d=e')
  assert.equal(decodeEntities('a&hellip;b'), undefined)
  assert.equal(decodeEntities('&#8211;'), undefined)
})
