/** A chat over WebSocket: what one visitor writes, all see. */
import websocket from '@fastify/websocket'
import fastify from 'fastify'

const page = `<!doctype html><html><head><title>chat</title>
<style>.mine { color: rgb(1, 2, 3) }</style></head><body><ol id="said"></ol>
<form id="form"><input name="text" autocomplete="off"><button>say</button></form>
<script>
const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/chat?room=COUNT')
socket.onmessage = ({ data }) => {
  const { from, text } = JSON.parse(data)
  const line = document.createElement('li')
  line.className = 'mine'
  line.textContent = from + ': ' + text
  document.getElementById('said').append(line)
}
document.getElementById('form').onsubmit = (event) => {
  event.preventDefault()
  socket.send(event.target.text.value)
  event.target.reset()
}
</script></body></html>`

let count = 0
const members = new Set()
const tell = (message) => {
  for (const socket of members) socket.send(JSON.stringify(message))
}
const app = fastify()
await app.register(websocket)
app.get('/', (_, reply) => reply.type('text/html').send(page.replace('COUNT', String(++count))))
app.get('/chat', { websocket: true }, (socket) => {
  members.add(socket)
  socket.on('close', () => members.delete(socket))
  socket.on('message', (text) => tell({ from: 'member', text: String(text) }))
  socket.send(JSON.stringify({ from: 'chat', text: 'welcome' }))
})
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
