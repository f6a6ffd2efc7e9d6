/**
 * A web-gateway as the ring runs it, with a local authority of its own, for tests.
 */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createNetServer, type AddressInfo, type Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { pino } from 'pino'
import type { AuditEvent } from '#audit/trail.ts'
import { systemClock } from '#system/clock.ts'
import { createLocalAuthority, issueCertificate, localNames } from '#system/local-ca/authority.ts'
import { webGatewayConfig } from '#services/web-gateway/config.ts'
import type {
  UpstreamAddress,
  UpstreamGroup,
  WebGatewayPorts,
} from '#services/web-gateway/ports.ts'
import { serve, type RunningWebGateway } from '#services/web-gateway/serve.ts'

const nowMs = Date.now()
const authority = await createLocalAuthority(nowMs)
const certificate = await issueCertificate(authority, localNames, nowMs)

/** What a client must trust. */
export const testAuthority: string = authority.certificatePem

/** What the gateway shows, for servers of a test's own. */
export const testCertificate: { readonly certificatePem: string; readonly keyPem: string } =
  certificate

export type TestGateway = RunningWebGateway & {
  /** What the audit trail was given. */
  readonly events: AuditEvent[]
}

/** Starts a gateway on free ports. @param config The section of veilig.yaml, without defaults. */
export async function startGateway(
  upstreams: Readonly<Record<string, UpstreamAddress | UpstreamGroup>>,
  config: Readonly<Record<string, unknown>> = {},
  ports: Partial<WebGatewayPorts> = {},
): Promise<TestGateway> {
  const events: AuditEvent[] = []
  const limits = { upstreamGraceMs: 0, ...(config['limits'] as object | undefined) }
  const parsed = webGatewayConfig.parse({ listen: ['127.0.0.1'], ...config, limits })
  const running = await serve(parsed, {
    clock: systemClock,
    log: pino({ level: 'silent' }),
    trail: { append: (more) => void events.push(...more) },
    certificate,
    httpsPort: 0,
    redirectPort: 0,
    upstreams: new Map(Object.entries(upstreams)),
    ...ports,
  })
  return { ...running, events }
}

export type TestUpstream = AsyncDisposable & {
  readonly address: { readonly host: string; readonly port: number }
}

/** An application made of Node's own HTTP server. */
export async function startUpstream(
  listener: RequestListener,
): Promise<TestUpstream & { readonly server: Server }> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    server,
    address: { host: '127.0.0.1', port },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An application that answers with bytes of the test's choice. */
export async function startRawUpstream(
  onConnection: (socket: Socket) => void,
): Promise<TestUpstream> {
  const sockets = new Set<Socket>()
  const server = createNetServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    address: { host: '127.0.0.1', port },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A raw TLS connection, to say what no HTTP client would. */
export async function openTls(port: number): Promise<TLSSocket> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: testAuthority,
    ALPNProtocols: ['http/1.1'],
  })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}

/** A peer that neither answers nor closes has had long enough. */
const PATIENCE_MS = 30_000

/** Sends bytes and reads until the peer closes, or until `enough` says so. Latin-1. */
export async function converse(
  socket: Socket,
  bytes: string | Buffer,
  enough: (text: string) => boolean = () => false,
): Promise<string> {
  let text = ''
  const ended = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (enough(text)) resolve()
    })
    socket.on('close', () => resolve())
    socket.setTimeout(PATIENCE_MS, () => resolve())
  })
  socket.write(bytes, 'latin1')
  await ended
  socket.destroy()
  return text
}
