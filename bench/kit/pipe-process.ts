/**
 * The least a Node.js process between client and server can do: a pipe of two sockets that looks at
 * nothing. Its argument is the path of the server's socket; it prints its port once it listens.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'

const path = process.argv[2] ?? ''
const listening = createServer({ noDelay: true }, (client) => {
  const server = connect(path)
  client.on('error', () => server.destroy()).pipe(server)
  server.on('error', () => client.destroy()).pipe(client)
})
listening.listen(0, '127.0.0.1')
await once(listening, 'listening')
process.stdout.write(`${(listening.address() as AddressInfo).port}\n`)
