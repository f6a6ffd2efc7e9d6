/**
 * Joins the keeper of the certificate to the gateway: what it gets is shown, what happens is told.
 *
 * @module
 */
import type { KeeperConfig, KeeperPorts } from './keeper.ts'
import { CertificateKeeper } from './keeper.ts'
import type { Gateway } from '../gateway.ts'
import type { AcmePorts, WebGatewayPorts } from '../ports.ts'

/** Starts keeping the certificate fresh; disposing it stops after the step under way. */
export function keepCertificate(
  gateway: Gateway,
  config: KeeperConfig,
  ports: AcmePorts & Pick<KeeperPorts, 'onRecord'>,
  { clock, log }: Pick<WebGatewayPorts, 'clock' | 'log'>,
): AsyncDisposable {
  const { security } = gateway
  const { names } = config
  const keeper = new CertificateKeeper(config, {
    ...ports,
    clock,
    chance: Math.random,
    onIssued: (certificate) => {
      const until = certificate.validToDate.toISOString()
      security.record('CERTIFICATE_ISSUED', names.join(), { names: names.join(' '), until })
    },
    onFailure: (error, retryMs) => {
      const retrySeconds = Math.round(retryMs / 1000)
      log.error({ code: error.code, retrySeconds }, error.message)
      security.record('CERTIFICATE_FAILED', error.code, { reason: error.code, retrySeconds })
    },
  })
  void keeper.start()
  return keeper
}
