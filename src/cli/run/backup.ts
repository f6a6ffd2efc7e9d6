/**
 * Composes the backup service: whose database, which regions, which keys.
 *
 * @module
 */
import type { BackupConfig } from '#services/backup/config.ts'
import type { Login } from '#services/backup/replication/connection.ts'
import { serve, type BackupService } from '#services/backup/serve.ts'
import { systemDisk } from '#system/disk.ts'
import { secretIn } from '#system/secret-file.ts'
import type { ServiceContext } from '../context.ts'
import { manifestMemory } from '../manifest-memory.ts'
import { keyFiles, openForBackup } from '../repository.ts'
import { summaryMemory } from '../summary-memory.ts'
import { modeMemory } from '../synchronous-mode.ts'
import { tailMemory } from '../tail-memory.ts'
import { SOCKET_PORT } from '../supervisor/clusters.ts'

/** @throws {VeiligError} When the repository cannot be opened, or its keys are not there. */
export async function runBackup(context: ServiceContext): Promise<BackupService> {
  const { clock, trail, paths } = context
  const config = context.config.backup
  return serve(config, {
    login: await loginOf(context, config),
    repository: await openForBackup(context, config.regions),
    trail,
    clock,
    manifest: manifestMemory(systemDisk, keyFiles(paths).manifests),
    tail: tailMemory(systemDisk, keyFiles(paths).tail),
    summary: summaryMemory(systemDisk, keyFiles(paths).summary),
    mode: modeMemory(paths),
    controlSocket: paths.socket('backup'),
  })
}

/** The configured database, or the embedded one with the password of the first run. */
export async function loginOf(
  { paths }: Pick<ServiceContext, 'paths'>,
  config: BackupConfig,
): Promise<Login> {
  if (config.database) {
    const { host, port, user, password, tls, caFile } = config.database
    return { address: { host, port, tls, caFile }, user, password }
  }
  const file = paths.secret('backup', 'database-password')
  return {
    address: { host: paths.clusterSocket('protected'), port: SOCKET_PORT, tls: 'off' },
    user: 'veilig_backup',
    password: () => secretIn(file), // renewed while the service runs
  }
}
