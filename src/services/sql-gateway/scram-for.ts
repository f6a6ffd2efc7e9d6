/**
 * Prepares the end of a SCRAM exchange: the user's verifier, the certificates to bind to, nonces.
 *
 * @module
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { endPointBinding } from '#crypto/channel-binding.ts'
import { mockScramVerifier, readScramVerifier, ScramServer } from '#crypto/scram-server.ts'
import { Guesses } from './guesses.ts'
import type { Authentication } from './login.ts'
import type { SqlGatewayPorts } from './ports.ts'
import { ScramTermination } from './scram-termination.ts'

/**
 * @param address The client's.
 * @param onTls Whether the client was shown our certificate.
 * @param upstream The connection to the server, if it is TLS.
 * @throws {FaultError} DB_UPSTREAM_UNREACHABLE.
 */
export type ScramFor = (
  user: string,
  address: string,
  onTls: boolean,
  upstream: TLSSocket | undefined,
) => Promise<Authentication>

const NONCE_BYTES = 18

/** @returns Undefined when no verifiers can be asked for. */
export function scramFor({ tls, verifierOf, clock }: SqlGatewayPorts): ScramFor | undefined {
  if (!verifierOf) return undefined
  const ownBinding = endPointBinding(tls.certificate)
  const mockSecret = createHmac('sha256', tls.key).update('mock SCRAM verifiers').digest()
  const nonce = (): string => randomBytes(NONCE_BYTES).toString('base64')
  const guesses = new Guesses(() => clock.monotonicMs())
  return async (user, address, onTls, upstream) => {
    // An MD5 verifier proves nothing here: whoever has it has the password's worth.
    const known = readScramVerifier((await verifierOf(user)) ?? '')
    const verifier = known ?? mockScramVerifier(mockSecret, user)
    const shown = upstream?.getPeerX509Certificate()?.raw
    return new ScramTermination({
      user,
      server: new ScramServer({
        verifier,
        nonce: nonce(),
        binding: onTls ? ownBinding : undefined,
      }),
      nonce: nonce(),
      guess: guesses.of(user, address),
      upstreamBinding: shown && endPointBinding(shown),
    })
  }
}
