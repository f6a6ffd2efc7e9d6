/** React's own streaming: a shell at once, the rest when it is there, moved by inline scripts. */
import { createServer } from 'node:http'
import { createElement as h, Suspense, use } from 'react'
import { renderToPipeableStream } from 'react-dom/server'

const after = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value))

function Members({ members }) {
  return h(
    'ul',
    { id: 'members' },
    use(members).map((name) => h('li', { key: name, style: { color: 'rgb(1, 2, 3)' } }, name)),
  )
}

createServer((request, response) => {
  const name = new URL(request.url, 'http://x').searchParams.get('name') ?? 'nobody'
  const members = after(40, ['Anna', name])
  const page = h(
    'html',
    null,
    h('head', null, h('title', null, 'members')),
    h(
      'body',
      null,
      h('h1', null, 'Members'),
      h(Suspense, { fallback: h('p', { id: 'wait' }, 'they come') }, h(Members, { members })),
      h(
        'form',
        { method: 'get' },
        h('input', { name: 'name' }),
        h('button', { id: 'send' }, 'send'),
      ),
    ),
  )
  const data = JSON.stringify({ name }).replaceAll('<', '\\u003c')
  const stream = renderToPipeableStream(page, {
    bootstrapScriptContent: `window.boot = ${data}; document.documentElement.dataset.boot = window.boot.name`,
    onShellReady() {
      response.setHeader('content-type', 'text/html')
      stream.pipe(response)
    },
  })
}).listen(Number(process.argv[2]), '127.0.0.1')
