/** A page that streams: what is slow comes later, by a script that puts it in its place. */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { jsx } from 'hono/jsx'
import { renderToReadableStream, Suspense } from 'hono/jsx/streaming'

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
let count = 0
async function Courts({ name }) {
  await wait(40)
  return jsx('ul', { id: 'courts' }, jsx('li', null, `court ${++count % 9} for ${name}`))
}
async function Weather() {
  await wait(80)
  return jsx('p', { id: 'weather' }, 'sunny')
}
const page = (name) =>
  jsx(
    'html',
    null,
    jsx('head', null, jsx('title', null, 'today')),
    jsx(
      'body',
      null,
      jsx('h1', null, 'today'),
      jsx(Suspense, { fallback: jsx('p', null, 'courts come') }, jsx(Courts, { name })),
      jsx(Suspense, { fallback: jsx('p', null, 'weather comes') }, jsx(Weather, null)),
    ),
  )
const app = new Hono().get('/', (context) => {
  const stream = renderToReadableStream(page(context.req.query('name') ?? 'nobody'))
  return context.body(stream, 200, { 'content-type': 'text/html; charset=UTF-8' })
})
serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: '127.0.0.1' })
