/** A single page whose styles, fonts and library come from another host, each with its digest. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const files = createRequire(import.meta.url)
const font = readFileSync(files.resolve('@fontsource/inter/files/inter-latin-400-normal.woff2'))
const theme = `@font-face { font-family: Club; src: url(/club.woff2) } body { font-family: Club; color: rgb(1, 2, 3) }`
const library = 'window.greet = (name) => "Hello " + name'
const digest = (text) => `sha384-${createHash('sha384').update(text).digest('base64')}`

const cdn = {
  '/theme.css': ['text/css', theme],
  '/library.js': ['text/javascript', library],
  '/club.woff2': ['font/woff2', font],
}
const page = (from, count) => `<!doctype html><html><head><title>club</title>
<link rel="preconnect" href="${from}"><link rel="icon" href="data:,">
<link rel="stylesheet" href="${from}/theme.css" integrity="${digest(theme)}" crossorigin>
<script src="${from}/library.js" integrity="${digest(library)}" crossorigin defer></script>
<script>window.bootData = {"visit":${count},"courts":[${'{"id":1},'.repeat(count % 3)}{"id":2}]}</script>
<script type="module" src="/app.js"></script></head><body><div id="root"></div></body></html>`
const app = `const { name } = await (await fetch('/api/me' + location.search)).json()
document.getElementById('root').innerHTML = '<h1></h1><p id="font"></p><form><input name="name"><button id="send">send</button></form>'
document.querySelector('h1').textContent = window.greet(name)
const loaded = await document.fonts.load('16px Club')
document.getElementById('font').textContent = 'fonts ' + loaded.length`

let count = 0
createServer((request, response) => {
  const url = new URL(request.url, 'http://x')
  const [hostName, port] = request.headers.host.split(':')
  const send = (type, body) => response.setHeader('content-type', type).end(body)
  if (hostName === 'cdn.localhost') {
    const [type, body] = cdn[url.pathname] ?? ['text/plain', 'nothing']
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('cross-origin-resource-policy', 'cross-origin')
    return send(type, body)
  }
  if (url.pathname === '/app.js') return send('text/javascript', app)
  if (url.pathname === '/api/me') {
    const name = url.searchParams.get('name') ?? 'nobody'
    return send('application/json', JSON.stringify({ name }))
  }
  send('text/html; charset=utf-8', page(`https://cdn.localhost:${port}`, ++count))
}).listen(Number(process.argv[2]), '127.0.0.1')
