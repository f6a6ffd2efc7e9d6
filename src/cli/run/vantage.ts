/**
 * Composes a vantage: it looks at the same doors from another host, and reports over HTTPS.
 *
 * @module
 */
import { ed25519PrivateKey, noteSigner } from '#crypto/signed-note.ts'
import { FaultError, UsageError } from '#lib/errors.ts'
import { serveVantage } from '#services/status/vantage/serve.ts'
import { systemDisk } from '#system/disk.ts'
import { httpCaller } from '#system/http-call.ts'
import type { RunningService } from '#system/service.ts'
import type { ServiceContext } from '../context.ts'
import { ownSecret } from '../own-secret.ts'
import { componentsOf, loopbackReference, reach } from './status-watched.ts'

/** @throws {UsageError} VANTAGE_NOT_CONFIGURED. {FaultError} DISK_…. */
export async function runVantage(context: ServiceContext): Promise<RunningService> {
  const { clock, paths, log } = context
  const config = context.config.status
  if (!config.vantage || !config.components) {
    const message = 'a vantage needs status.vantage (name, report) and status.components'
    throw new UsageError('VANTAGE_NOT_CONFIGURED', message)
  }
  const { name, report } = config.vantage
  const seed = await ownSecret(paths.secret('vantage', 'vantage.key'))
  const signer = noteSigner(name, ed25519PrivateKey(seed))
  process.stdout.write(`status.vantages of the status service takes: ${signer.verifierKey}\n`)
  const call = httpCaller(config.timeoutSeconds * 1000, await ownAuthority(context))
  const own = await loopbackReference()
  const reference = config.reference ?? own.target
  const service = await serveVantage(config, {
    watched: await componentsOf(context),
    reference: (signal) => reach(reference, signal),
    clock,
    signer,
    send: async (body) => {
      const headers = { 'content-type': 'text/plain; charset=utf-8' }
      const { status } = await call({ method: 'POST', url: report, headers, body })
      if (status !== 204) throw new FaultError('VANTAGE_UNHEARD', `it answered ${status}`)
    },
    complain: (code, message) => log.warn({ code }, message),
  })
  return {
    ...(service.failed ? { failed: service.failed } : {}),
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]()
      await own[Symbol.asyncDispose]()
    },
  }
}

/** The ring's own authority, where it was copied to this host; else those of the system. */
async function ownAuthority({ paths }: ServiceContext): Promise<string | undefined> {
  if ((await systemDisk.size(paths.caCertificate)) === undefined) return undefined
  return Buffer.from(await systemDisk.read(paths.caCertificate)).toString()
}
