/**
 * Composes the SQL gateway: its certificate, its port, and the protected cluster behind it.
 *
 * @module
 */
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import { serve } from '#services/sql-gateway/serve.ts'
import type { ServiceContext } from '../context.ts'

/** @throws {FaultError} PORT_IN_USE, LISTEN_FAILED, DISK_MISSING. */
export async function runSqlGateway(context: ServiceContext): Promise<RunningService> {
  const { clock, trail, ports, paths } = context
  const text = async (file: string): Promise<string> =>
    Buffer.from(await systemDisk.read(paths.secret('sql-gateway', file))).toString('utf8')
  return serve(context.config.sqlGateway, {
    trail,
    clock,
    port: ports.sql,
    tls: { certificate: await text('tls.pem'), key: await text('tls.key') },
    upstream: { socketDir: paths.clusterSocket('protected'), port: 5432 },
  })
}
