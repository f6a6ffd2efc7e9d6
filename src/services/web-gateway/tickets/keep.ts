/**
 * Changes the keys of session tickets in time: by this machine alone, or as all machines do.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { Gateway } from '../gateway.ts'
import type { WebGatewayPorts } from '../ports.ts'
import { rotated, TICKET_KEY_MS, type TicketKeys } from './keys.ts'
import { SharedTicketKeys } from './shared-keys.ts'

/** How often the shared record is read. */
const LOOK_MS = 60_000

/**
 * @param change Makes all processes of this gateway use these keys.
 * @returns What stops it.
 */
export function keepTicketKeys(
  { certificates, wallClockMs }: Pick<Gateway, 'certificates' | 'wallClockMs'>,
  change: (keys: TicketKeys) => Promise<void>,
  { ticketBook, log }: Pick<WebGatewayPorts, 'ticketBook' | 'log'>,
): Disposable {
  if (!ticketBook) {
    return every(TICKET_KEY_MS, () => change(rotated(certificates.ticketKeys, randomBytes)))
  }
  const ports = { book: ticketBook, random: randomBytes, wallClockMs, onKeys: change }
  const shared = new SharedTicketKeys(ports)
  let isAway = false
  const look = async (): Promise<void> => {
    try {
      await shared.look()
      isAway = false
    } catch (error) {
      if (!isAway) log.error(`keys of session tickets are not shared: ${(error as Error).message}`)
      isAway = true
    }
  }
  void look() // the gateway serves before the control database does
  return every(LOOK_MS, look)
}

function every(ms: number, act: () => Promise<void>): Disposable {
  const timer = setInterval(() => void act(), ms)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
