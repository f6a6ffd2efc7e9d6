/**
 * Opens the gateway's doors: HTTPS, and plain HTTP beside it, on every address.
 *
 * @module
 */
import type { WebGatewayConfig } from './config.ts'
import type { Doors } from './doors.ts'
import { closeAll, listenOn, portOf } from './listen.ts'
import type { WebGatewayPorts } from './ports.ts'

export type Listeners = AsyncDisposable & {
  readonly httpsPort: number
  /** Undefined when plain HTTP is not answered. */
  readonly redirectPort: number | undefined
}

/**
 * Disposing of what is returned stops listening; what is open stays open.
 *
 * @throws {FaultError} PORT_IN_USE, PORT_DENIED, LISTEN_FAILED.
 */
export async function openListeners(
  doors: Doors,
  { listen, redirect, publicPort, workers }: WebGatewayConfig,
  ports: Pick<WebGatewayPorts, 'httpsPort' | 'redirectPort'>,
): Promise<Listeners> {
  await using undo = new AsyncDisposableStack()
  const servers = {
    current: doors.createTlsServer('current'),
    previous: doors.createTlsServer('previous'),
    next: doors.createTlsServer('next'),
    challenge: doors.createChallengeServer(),
  }
  const isShared = workers > 1
  const https = await listenOn(listen, ports.httpsPort, isShared, () =>
    doors.createHttpsFront(servers),
  )
  undo.defer(() => closeAll(https))
  const httpsPort = portOf(https)
  const plain = redirect
    ? await listenOn(listen, ports.redirectPort, isShared, () =>
        doors.createPlainServer(publicPort ?? httpsPort),
      )
    : []
  undo.defer(() => closeAll(plain))
  const opened = undo.move()
  return {
    httpsPort,
    redirectPort: plain.length > 0 ? portOf(plain) : undefined,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
