/**
 * An application that was never made for a policy, behind the gateway in Chromium: inline scripts
 * with a visitor's data in them, handlers in attributes, styles everywhere, scripts that make
 * scripts, another host's pictures. It works while the gateway learns, and under the policy.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { cspBrowser, journeyUnderPolicy } from '#kit/csp-journey.ts'
import { startUpstream, type TestUpstream } from '#kit/web-gateway.ts'

let browser: Browser
before(async () => {
  browser = await cspBrowser()
})
after(() => browser.close())

/** What every visitor gets differs: a name, a token, a list of any length. */
function page(title: string, visit: number, more: string = ''): string {
  const list = Array.from({ length: visit % 5 }, (_, at) => ({ id: at, name: `court ${at}` }))
  return `<!doctype html><html><head><title>${title}</title>
<style>body { color: #333 } .on { color: green }</style>
<link rel="stylesheet" href="/site.css"><script src="/site.js"></script>
<script>
  window.visitor = { name: ${JSON.stringify(`visitor ${visit}`)}, token: 't${visit}', courts: ${JSON.stringify(list)} }
  document.addEventListener('DOMContentLoaded', function () {
    document.getElementById('hello').textContent = 'Hello ' + visitor.name
  })
</script></head><body>
<h1 id="hello"></h1><p style="margin: 1em">Text</p>
<button id="book" onclick="book(this)">book</button><p id="state"></p>
<form action="/search" method="get"><input name="q"><button>search</button></form>
<a id="next" href="/second">next</a>${more}
<script type="application/json" id="data">{"a": "<b>"}</script>
<script>/* late */ window.late = JSON.parse(document.getElementById('data').textContent).a</script>
</body></html>`
}

const script = `
function book(button) {
  fetch('/api/book', { method: 'POST' }).then((answer) => answer.json()).then((booked) => {
    document.getElementById('state').textContent = booked.state
    button.className = 'on'
    const picture = new Image(); picture.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw='
    const more = document.createElement('script'); more.src = '/more.js'
    document.body.append(more)
    const work = URL.createObjectURL(new Blob(['postMessage("worked")']))
    new Worker(work).onmessage = (message) => { document.body.dataset.worker = message.data }
  })
}`

async function startApplication(): Promise<TestUpstream> {
  let visits = 0
  return startUpstream((incoming, response) => {
    const path = new URL(incoming.url ?? '/', 'http://localhost').pathname
    incoming.resume()
    const send = (type: string, body: string): void =>
      void response.setHeader('content-type', type).end(body)
    if (path === '/site.js') return send('text/javascript', script)
    if (path === '/more.js') return send('text/javascript', "document.title = 'booked'")
    if (path === '/site.css') return send('text/css', 'h1 { font-size: 20px }')
    if (path === '/api/book') return send('application/json', '{"state":"booked"}')
    if (path === '/search') return send('text/html; charset=utf-8', page('found', ++visits))
    if (path === '/second') return send('text/html', page('second', ++visits, '<b>é</b>'))
    response.setHeader('set-cookie', 'sid=abc')
    return send('text/html', page('first', ++visits))
  })
}

async function journey(visitor: Page, origin: string): Promise<void> {
  await visitor.goto(origin)
  await visitor.getByText(/^Hello visitor \d+$/).waitFor()
  await visitor.click('#book')
  await visitor.getByText('booked', { exact: true }).waitFor()
  await visitor.waitForFunction(() => document.title === 'booked')
  await visitor.locator('body[data-worker=worked]').waitFor()
  assert.equal(await visitor.evaluate(() => (globalThis as { late?: string }).late), '<b>')
  await visitor.fill('input', 'tennis')
  await visitor.click('form button')
  await visitor.waitForURL('**/search?q=tennis')
  await visitor.click('#next')
  await visitor.getByText(/^Hello visitor \d+$/).waitFor()
  const colour = await visitor.evaluate(() => getComputedStyle(document.body).color)
  assert.equal(colour, 'rgb(51, 51, 51)', 'the inline style applies')
}

test('csp: an unmodified application works under the proposed policy, without a refusal', async () => {
  await using application = await startApplication()
  const pages = ['/', '/second', '/search?q=a']
  const { address } = application
  const travelled = { address, pages }
  const { proposal, grades, violations } = await journeyUnderPolicy(browser, travelled, journey)
  assert.deepEqual(violations, [])
  assert.equal(proposal.scripts.length, 2, 'two scripts, whoever visits')
  assert.deepEqual(proposal.warnings, [])
  // Nothing in the page says so: only the browser's report can have told it.
  assert.deepEqual(proposal.directives['worker-src'], ["'self'", 'blob:'])
  const { score } = grades.observatory
  assert(score >= 120, `${score}`)
  assert.equal(grades.securityHeaders.grade, 'A+')
})
