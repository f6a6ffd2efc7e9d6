/** A score board that is told of news: data in the page, events, a beacon when one leaves. */
import { PassThrough } from 'node:stream'
import Koa from 'koa'

let seen = 0
const page = (data) => `<!doctype html><html><head><title>scores</title></head><body>
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<h1></h1><p id="news"></p><p id="seen"></p>
<script type="module">
const { club } = JSON.parse(document.getElementById('data').textContent)
document.querySelector('h1').textContent = club
let count = 0
const events = new EventSource('/events')
events.addEventListener('score', ({ data }) => {
  document.getElementById('news').textContent = 'score ' + data
  if (++count === 3) events.close()
})
document.getElementById('seen').textContent = navigator.sendBeacon('/seen', 'x') ? 'told' : 'not told'
</script></body></html>`

const app = new Koa()
app.use((context) => {
  if (context.path === '/events') {
    const stream = new PassThrough()
    let score = 0
    const timer = setInterval(() => stream.write(`event: score\ndata: ${++score}:0\n\n`), 30)
    context.req.on('close', () => clearInterval(timer))
    context.type = 'text/event-stream'
    context.body = stream
  } else if (context.path === '/seen') {
    seen++
    context.status = 204
  } else {
    context.type = 'html'
    context.body = page({ club: 'Club <b>& friends</b>', seen })
  }
})
app.listen(Number(process.argv[2]), '127.0.0.1')
