/** An application one can install: a service worker, a manifest, a worker, all compressed. */
import compression from 'compression'
import polka from 'polka'

const page = `<!doctype html><html><head><title>club</title>
<link rel="manifest" href="/club.webmanifest"><link rel="icon" href="data:,"></head>
<body><p id="state">waiting</p><p id="sum"></p><button id="ask">ask</button><p id="answer"></p>
<script>
const put = (id, text) => { document.getElementById(id).textContent = text }
navigator.serviceWorker.register('/service-worker.js', { scope: '/' })
  .then(() => navigator.serviceWorker.ready)
  .then(() => put('state', navigator.serviceWorker.controller ? 'in charge' : 'ready'))
const worker = new Worker('/sum.js')
worker.onmessage = ({ data }) => put('sum', 'sum ' + data)
worker.postMessage([COUNT, -COUNT, 42])
document.getElementById('ask').onclick = async () => {
  put('answer', await (await fetch('/from-the-worker')).text())
}
</script></body></html>`

const files = {
  '/service-worker.js': [
    'text/javascript',
    `self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  if (new URL(event.request.url).pathname === '/from-the-worker') {
    event.respondWith(new Response('the worker answers'))
  }
})`,
  ],
  '/sum.js': [
    'text/javascript',
    'onmessage = ({ data }) => postMessage(data.reduce((sum, each) => sum + each))',
  ],
  '/club.webmanifest': ['application/manifest+json', '{"name":"Club","start_url":"/"}'],
}

let count = 0
const app = polka().use(compression({ threshold: 0 }))
for (const [path, [type, text]] of Object.entries(files)) {
  app.get(path, (_, response) => {
    response.setHeader('content-type', type)
    response.end(text)
  })
}
app.get('/', (_, response) => {
  response.setHeader('content-type', 'text/html')
  response.end(page.replaceAll('COUNT', String(++count)))
})
app.listen(Number(process.argv[2]), '127.0.0.1')
