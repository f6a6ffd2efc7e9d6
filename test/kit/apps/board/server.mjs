/** A board of measurements in one page, as Grafana is: signs in, draws, is told of news two ways. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const WEBSOCKET_KEY = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
let count = 0

function page(user) {
  const settings = { buildInfo: { version: `12.${count++}` } }
  const tree = Array.from({ length: count % 4 }, (_, id) => ({ id }))
  const boot = JSON.stringify({ user: user ?? null, settings, navTree: tree })
  return `<!doctype html><html><head><style>body{color:rgb(1, 2, 3)}</style></head><body>
<div id="root"></div><script>window.grafanaBootData = ${boot}</script>
<script type="module" src="/public/build/app.js"></script></body></html>`
}

const app = `
const root = document.getElementById('root')
const line = (id) => { const p = document.createElement('p'); p.id = id; root.append(p); return p }
const user = window.grafanaBootData.user
if (!user) {
  root.innerHTML = '<form><input name="user"><input name="password" type="password"><button id="go">log in</button></form>'
  root.querySelector('form').onsubmit = async (event) => {
    event.preventDefault()
    const fields = Object.fromEntries(new FormData(event.target))
    const answer = await fetch('/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) })
    if (answer.ok) location.assign('/')
  }
} else {
  const panel = await import('/public/build/panel.js')
  panel.draw(line('panel'), await (await fetch('/api/data')).json())
  line('who').textContent = 'signed in as ' + user
  new EventSource('/api/events').onmessage = (event) => { line('news').textContent = event.data }
  const socket = new WebSocket('wss://' + location.host + '/api/live/ws')
  socket.onopen = () => socket.send('subscribe')
  socket.onmessage = (event) => { line('live').textContent = event.data }
}`

const panel = `export function draw(place, { values }) {
  place.style.width = '300px'
  const canvas = document.createElement('canvas')
  canvas.getContext('2d').fillRect(0, 0, values[0], 9)
  place.append(canvas, 'sum ' + values.reduce((a, b) => a + b))
  canvas.toBlob((blob) => {
    const picture = new Image()
    picture.onload = () => { place.dataset.picture = 'drawn' }
    picture.src = URL.createObjectURL(blob)
    place.append(picture)
  })
}`

function signIn(request, response) {
  let text = ''
  request.on('data', (piece) => (text += piece))
  request.on('end', () => {
    const given = JSON.parse(text)
    if (given.password !== 'right') return response.writeHead(401).end('{}')
    const session = `grafana_session=${given.user}.secret; Path=/; HttpOnly`
    response.setHeader('set-cookie', [session, 'grafana_session_expiry=1; Path=/'])
    response.setHeader('content-type', 'application/json').end('{"message":"Logged in"}')
  })
}

const server = createServer((request, response) => {
  const user = /grafana_session=([a-z]+)\./.exec(request.headers.cookie ?? '')?.[1]
  const path = new URL(request.url, 'http://x').pathname
  const send = (type, body) => response.setHeader('content-type', type).end(body)
  if (path === '/login') return signIn(request, response)
  if (path === '/public/build/app.js') return send('text/javascript', app)
  if (path === '/public/build/panel.js') return send('text/javascript', panel)
  if (path === '/api/data') {
    response.statusCode = user ? 200 : 401
    return send('application/json', '{"values":[1,2,3]}')
  }
  if (path === '/api/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: news came\n\n')
  } else send('text/html; charset=utf-8', page(user))
})
server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'] + WEBSOCKET_KEY
  const accept = createHash('sha1').update(key).digest('base64')
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.on('error', () => {})
  socket.on('data', (frame) => {
    const isText = (frame[0] & 15) === 1
    if (isText) socket.write(Buffer.concat([Buffer.from([0x81, 9]), Buffer.from('live data')]))
  })
})
server.listen(Number(process.argv[2]), '127.0.0.1')
