/**
 * Applications as people write them, on frameworks that know nothing of us: each with an inline
 * script that holds a visitor's data, a handler in an attribute, an inline style and a form; and two
 * with a day's work in them (`sample-sites.ts`).
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'

export type SampleApp = {
  /** What a visitor does there, beyond what all have. */
  readonly journey?: (page: Page, origin: string) => Promise<void>
  readonly name: string
  /** Of npm, at this version; none for what needs none. */
  readonly packages: readonly string[]
  readonly file: string
  readonly source: string
  /** Program and arguments; FILE and PORT are replaced. */
  readonly command: readonly string[]
}

/** In the syntax of a template: NAME is the visitor's, COUNT another on each page. */
const page = `<!doctype html><html><head><title>club</title>
<style>body { color: rgb(1, 2, 3) }</style>
<script>window.visitor = { name: "NAME", visit: COUNT, courts: [COUNT, "a"] }</script></head>
<body><h1 id="hello"></h1><button onclick="say('clicked')">go</button><p id="said"></p>
<form method="get" action="/"><input name="name" value=""><button id="send">send</button></form>
<script>
function say(text) { document.getElementById('said').textContent = text }
document.getElementById('hello').textContent = 'Hello ' + window.visitor.name
</script></body></html>`

const javascriptPage = `const page = ${JSON.stringify(page)}
let count = 0
const render = (name) => page.replaceAll('COUNT', () => String(++count))
  .replace('NAME', () => JSON.stringify(String(name ?? 'nobody')).slice(1, -1).replaceAll('<', '\\\\u003c'))
const port = Number(process.argv[2])
`

const node = ['NODE', 'FILE', 'PORT'] as const

export const sampleApps: readonly SampleApp[] = [
  {
    name: 'Express',
    packages: ['express@5'],
    file: 'express.mjs',
    source: `import express from 'express'\n${javascriptPage}
express().get('/', (request, response) => response.cookie('seen', '1').send(render(request.query.name)))
  .listen(port, '127.0.0.1')`,
    command: node,
  },
  {
    name: 'Fastify',
    packages: ['fastify@5'],
    file: 'fastify.mjs',
    source: `import fastify from 'fastify'\n${javascriptPage}
const app = fastify()
app.get('/', (request, reply) => reply.type('text/html').send(render(request.query.name)))
app.listen({ port, host: '127.0.0.1' })`,
    command: node,
  },
  {
    name: 'Koa',
    packages: ['koa@3'],
    file: 'koa.mjs',
    source: `import Koa from 'koa'\n${javascriptPage}
new Koa().use((context) => { context.type = 'html'; context.body = render(context.query.name) })
  .listen(port, '127.0.0.1')`,
    command: node,
  },
  {
    name: 'Hono',
    packages: ['hono@4', '@hono/node-server'],
    file: 'hono.mjs',
    source: `import { Hono } from 'hono'\nimport { serve } from '@hono/node-server'\n${javascriptPage}
const app = new Hono().get('/', (context) => context.html(render(context.req.query('name'))))
serve({ fetch: app.fetch, port, hostname: '127.0.0.1' })`,
    command: node,
  },
  {
    name: 'Polka with compression',
    packages: ['polka@0.5', 'compression@1'],
    file: 'polka.mjs',
    source: `import polka from 'polka'\nimport compression from 'compression'\n${javascriptPage}
polka().use(compression({ threshold: 0 })).get('/', (request, response) => {
  response.setHeader('content-type', 'text/html')
  response.end(render(request.query.name))
}).listen(port, '127.0.0.1')`,
    command: node,
  },
  {
    name: 'React, rendered on the server',
    packages: ['react@19', 'react-dom@19'],
    file: 'react.mjs',
    source: `import { createServer } from 'node:http'
import { createElement as h } from 'react'\nimport { renderToPipeableStream } from 'react-dom/server'
${javascriptPage}
createServer((request, response) => {
  const name = new URL(request.url, 'http://x').searchParams.get('name')
  const body = render(name)
  const inner = (tag) => ({ dangerouslySetInnerHTML: { __html: body.match(new RegExp('<' + tag + '[^>]*>([^]*)</' + tag + '>'))[1] } })
  const stream = renderToPipeableStream(h('html', null, h('head', inner('head')), h('body', inner('body'))), {
    onAllReady() { response.setHeader('content-type', 'text/html'); stream.pipe(response) } })
}).listen(port, '127.0.0.1')`,
    command: node,
  },
  {
    name: 'EJS templates',
    packages: ['ejs@3'],
    file: 'ejs.mjs',
    source: `import { createServer } from 'node:http'\nimport ejs from 'ejs'\n${javascriptPage}
const template = ejs.compile(page.replace('"NAME"', '<%- json %>').replaceAll('COUNT', '<%= count %>'))
createServer((request, response) => {
  const name = new URL(request.url, 'http://x').searchParams.get('name') ?? 'nobody'
  response.setHeader('content-type', 'text/html').end(template({ json: JSON.stringify(name).replaceAll('<', '\\\\u003c'), count: ++count }))
}).listen(port, '127.0.0.1')`,
    command: node,
  },
  {
    name: 'a single page that asks for its data',
    packages: [],
    file: 'single.mjs',
    source: `import { createServer } from 'node:http'
const page = '<!doctype html><script>window.bootData = {"user":{"id":COUNT}}</script><style>body{color:rgb(1,2,3)}</style><div id="root"></div><script type="module" src="/app.js"></script>'
const app = \`const { name } = await (await fetch('/api/me' + location.search)).json()
document.getElementById('root').innerHTML = '<h1 id="hello"></h1><button id="go">go</button><p id="said"></p><form><input name="name"><button id="send">send</button></form>'
hello.textContent = 'Hello ' + name
go.onclick = () => { said.textContent = 'clicked'; said.style.color = 'red' }\`
let count = 0
createServer((request, response) => {
  const url = new URL(request.url, 'http://x')
  const send = (type, body) => response.setHeader('content-type', type).end(body)
  if (url.pathname === '/app.js') return send('text/javascript', app)
  if (url.pathname === '/api/me') return send('application/json', JSON.stringify({ name: url.searchParams.get('name') ?? 'nobody' }))
  send('text/html', page.replace('COUNT', String(++count)))
}).listen(Number(process.argv[2]), '127.0.0.1')`,
    command: node,
  },
  {
    name: 'PHP',
    packages: [],
    file: 'index.php',
    source: page
      .replace('"NAME"', '<?= json_encode($_GET["name"] ?? "nobody", JSON_HEX_TAG) ?>')
      .replaceAll('COUNT', '<?= random_int(1, 1000000) ?>'),
    command: ['php', '-S', '127.0.0.1:PORT', 'FILE'],
  },
  {
    name: 'Python',
    packages: [],
    file: 'app.py',
    source: `import json, random, sys, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
page = ${JSON.stringify(page)}
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        name = json.dumps(query.get("name", ["nobody"])[0]).replace("<", "\\\\u003c")
        body = page.replace('"NAME"', name).replace("COUNT", str(random.randint(1, 10**6))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()`,
    command: ['python3', 'FILE', 'PORT'],
  },
]

export type RunningApp = AsyncDisposable & { readonly host: string; readonly port: number }

/** Starts one in a folder where its packages are. */
export async function startSampleApp(app: SampleApp, folder: string): Promise<RunningApp> {
  const file = join(folder, app.file)
  await mkdir(folder, { recursive: true })
  await writeFile(file, app.source)
  const port = await freePort()
  const words = app.command.map((word) =>
    word.replace('NODE', process.execPath).replace('FILE', file).replace('PORT', String(port)),
  )
  const [program = '', ...args] = words
  const child: ChildProcess = spawn(program, args, { cwd: folder, stdio: 'ignore' })
  const exited = once(child, 'exit')
  await listening(port)
  return {
    host: '127.0.0.1',
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await exited
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function listening(port: number): Promise<void> {
  for (let turn = 0; turn < 3_000; turn++) {
    const socket = connect(port, '127.0.0.1')
    const open = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (open === true) return
    await delay(10)
  }
  throw new Error('the application does not listen')
}
