/**
 * access.auth: nobody without the right password, nothing without TLS, nothing weaker than SCRAM.
 *
 * @module
 */
import { once } from 'node:events'
import pg from 'pg'
import type { Finding } from '#lib/claims/statement.ts'
import { passwordNow, type Password } from '#system/secret-file.ts'
import { exchange, handshake, type Address } from '../exchange.ts'
import { finding, notReached, verdictOf, type Probe } from '../probe.ts'
import { SSL_REQUEST } from './access-network.ts'

export type AccessAuthTarget = {
  readonly gateway: Address
  readonly user: string
  readonly password: Password
  readonly database: string
  /** Certificates that may vouch for the gateway, PEM. */
  readonly ca: string
}

const PATIENCE_MS = 3000
const AUTHENTICATION = 'R'.charCodeAt(0)
const SASL = 10
const requests: Readonly<Record<number, string>> = { 0: 'none', 3: 'cleartext', 5: 'MD5' }

export function accessAuthProbe(target: AccessAuthTarget): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      const password = await passwordNow(target.password)
      const right = await login(target, password)
      if (right !== 'admitted')
        throw notReached(`${target.gateway.host}:${target.gateway.port} (${right})`)
      const good: Finding[] = [finding('AUTH_RIGHT_ADMITTED', { mechanism: 'SCRAM-SHA-256' })]
      const bad: Finding[] = []
      const wrong = await login(target, `${password}-wrong`)
      if (wrong === 'admitted') bad.push(finding('AUTH_WRONG_ADMITTED'))
      else good.push(finding('AUTH_WRONG_REFUSED'))
      const demanded = await demandedProof(target, signal)
      if (demanded === 'SCRAM-SHA-256') good.push(finding('AUTH_NONE_REFUSED'))
      else if (demanded === 'none') bad.push(finding('AUTH_NONE_ADMITTED'))
      else bad.push(finding('AUTH_WEAK_OFFERED', { request: demanded }))
      if (await plaintextGoesOn(target, signal)) bad.push(finding('AUTH_PLAIN_ADMITTED'))
      else good.push(finding('AUTH_PLAIN_REFUSED'))
      return verdictOf(good, bad)
    },
  }
}

/** @returns 'admitted', or the SQLSTATE of the refusal. @throws When nothing answered. */
async function login(target: AccessAuthTarget, password: string): Promise<string> {
  const { gateway, user, database, ca } = target
  const client = new pg.Client({
    ...gateway,
    user,
    database,
    password,
    ssl: { ca, servername: 'localhost' },
    connectionTimeoutMillis: PATIENCE_MS,
    application_name: 'veilig-prober',
  })
  client.on('error', () => undefined) // said by connect()
  try {
    await client.connect()
    return 'admitted'
  } catch (error) {
    const { code } = error as { code?: string }
    if (error instanceof pg.DatabaseError && code) return code
    throw notReached(`${gateway.host}:${gateway.port}`, error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** What proof the server asks of somebody who says only his name. */
async function demandedProof(target: AccessAuthTarget, signal: AbortSignal): Promise<string> {
  const options = { ca: target.ca, servername: 'localhost', ALPNProtocols: ['postgresql'] }
  const socket = await handshake(target.gateway, options, signal, SSL_REQUEST)
  if (!socket) throw notReached(`${target.gateway.host}:${target.gateway.port}`)
  try {
    socket.write(startupMessage(target))
    const [reply] = (await once(socket, 'data', { signal })) as [Buffer]
    return proofAskedIn(reply) ?? 'an error'
  } finally {
    socket.destroy()
  }
}

/** Whether somebody without TLS is asked for a proof, or let in, instead of refused. */
async function plaintextGoesOn(target: AccessAuthTarget, signal: AbortSignal): Promise<boolean> {
  const question = startupMessage(target)
  const options = { question, patienceMs: PATIENCE_MS, enough: 5 }
  const { reply } = await exchange(target.gateway, options, signal)
  return proofAskedIn(Buffer.from(reply)) !== undefined
}

/** The proof asked for in an Authentication message, or undefined when it is none. */
function proofAskedIn(reply: Buffer): string | undefined {
  if (reply[0] !== AUTHENTICATION) return undefined
  if (reply.length < 9) return 'some proof'
  const request = reply.readInt32BE(5)
  if (request !== SASL) return requests[request] ?? `request ${request}`
  return reply.includes('SCRAM-SHA-256\0') ? 'SCRAM-SHA-256' : 'another mechanism'
}

/** StartupMessage, protocol 3.0. */
function startupMessage({ user, database }: AccessAuthTarget): Uint8Array {
  const parameters = ['user', user, 'database', database, 'application_name', 'veilig-prober']
  const text = Buffer.from(`${parameters.join('\0')}\0\0`)
  const message = Buffer.alloc(8 + text.length)
  message.writeInt32BE(message.length, 0)
  message.writeInt32BE(196_608, 4)
  text.copy(message, 8)
  return message
}
