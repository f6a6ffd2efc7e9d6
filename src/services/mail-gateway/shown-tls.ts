/**
 * What the doors of the mail gateway show in a handshake, while it may change.
 *
 * @module
 */
import type { MailPorts } from './ports.ts'

/** A server whose certificate can change while it serves: TLS, or SMTP with STARTTLS. */
type Shows = (pair: { readonly key: string; readonly cert: string }) => void

/** The pair as servers of Node take it. */
export function pairOf(tls: MailPorts['tls']): Parameters<Shows>[0] {
  return { key: tls.keyPem, cert: tls.certificatePem }
}

/** Shows each pair that takes over, until it is disposed of; open connections keep theirs. */
export function followPair({ followTls }: Pick<MailPorts, 'followTls'>, show: Shows): Disposable {
  const following = followTls?.((tls) => show(pairOf(tls)))
  return following ?? { [Symbol.dispose]: () => undefined }
}
