/**
 * Prepares the end of a SCRAM exchange: the user's verifier, the certificates to bind to, nonces.
 *
 * @module
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { endPointBinding } from '#crypto/channel-binding.ts'
import { mockScramVerifier, readScramVerifier, ScramServer } from '#crypto/scram-server.ts'
import type { Authentication } from './login.ts'
import type { SqlGatewayPorts } from './ports.ts'
import { ScramTermination } from './scram-termination.ts'

/**
 * @param onTls Whether the client was shown our certificate.
 * @param upstream The connection to the server, if it is TLS.
 * @throws {FaultError} DB_UPSTREAM_UNREACHABLE.
 */
export type ScramFor = (
  user: string,
  onTls: boolean,
  upstream: TLSSocket | undefined,
) => Promise<Authentication>

const NONCE_BYTES = 18

/** @returns Undefined when no verifiers can be asked for. */
export function scramFor({ tls, verifierOf }: SqlGatewayPorts): ScramFor | undefined {
  if (!verifierOf) return undefined
  const ownBinding = endPointBinding(tls.certificate)
  const mockSecret = createHmac('sha256', tls.key).update('mock SCRAM verifiers').digest()
  const nonce = (): string => randomBytes(NONCE_BYTES).toString('base64')
  return async (user, onTls, upstream) => {
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
      upstreamBinding: shown && endPointBinding(shown),
    })
  }
}
