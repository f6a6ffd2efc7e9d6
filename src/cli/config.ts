/**
 * veilig.yaml: one file, checked against one schema, secrets only by reference.
 *
 * Each service owns the schema of its section, in its `config.ts`; this file puts them together.
 *
 * @module
 */
import { z } from 'zod'
import { accessConfig, type AccessConfig } from '#services/access/config.ts'
import { backupConfig, type BackupConfig } from '#services/backup/config.ts'
import { drillConfig, type DrillConfig } from '#services/drill/config.ts'
import { detectionConfig, type DetectionConfig } from '#services/detection/config.ts'
import { mailGatewayConfig, type MailGatewayConfig } from '#services/mail-gateway/config.ts'
import { notaryConfig, type NotaryConfig } from '#services/notary/config.ts'
import { paymentsConfig, type PaymentsConfig } from '#services/payments/config.ts'
import { proberConfig, type ProberConfig } from '#services/prober/config.ts'
import { sealConfig, type SealConfig } from '#services/seal/config.ts'
import { secretsConfig, type SecretsConfig } from '#services/secret-scan/config.ts'
import { sqlGatewayConfig, type SqlGatewayConfig } from '#services/sql-gateway/config.ts'
import { statusConfig, type StatusConfig } from '#services/status/config.ts'
import { staffConfig, type StaffConfig } from '#services/staff/config.ts'
import { trustConfig, type TrustConfig } from '#services/trust/config.ts'
import { updatesConfig, type UpdatesConfig } from '#services/updates/config.ts'
import { webGatewayConfig, type WebGatewayConfig } from '#services/web-gateway/config.ts'
import { witnessConfig, type WitnessConfig } from '#services/witness/config.ts'
import { auditConfig, type AuditConfig } from './config-audit.ts'

/** The protected application, as far as the ring runs it. */
export type ApplicationConfig = {
  /** Program and arguments; without it the reservation service of the demonstration runs. */
  readonly command?: readonly string[] | undefined
  /** Added to its environment. */
  readonly env: Readonly<Record<string, string>>
}

/** The whole configuration, frozen. */
export type VeiligConfig = {
  readonly access: AccessConfig
  readonly application: ApplicationConfig
  readonly audit: AuditConfig
  readonly backup: BackupConfig
  readonly drill: DrillConfig
  readonly detection: DetectionConfig
  readonly mailGateway: MailGatewayConfig
  readonly notary: NotaryConfig
  readonly payments: PaymentsConfig
  readonly prober: ProberConfig
  readonly seal: SealConfig
  readonly secrets: SecretsConfig
  readonly sqlGateway: SqlGatewayConfig
  readonly status: StatusConfig
  readonly staff: StaffConfig
  readonly trust: TrustConfig
  readonly updates: UpdatesConfig
  readonly webGateway: WebGatewayConfig
  readonly witness: WitnessConfig
}

const applicationConfig: z.ZodType<ApplicationConfig> = z.strictObject({
  command: z.array(z.string().min(1)).min(1).max(100).optional(),
  env: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
})

/** With no file every default holds: the demonstration. */
export const veiligConfig: z.ZodType<VeiligConfig> = z.strictObject({
  access: accessConfig.prefault({}),
  application: applicationConfig.prefault({}),
  audit: auditConfig.prefault({}),
  backup: backupConfig.prefault({}),
  drill: drillConfig.prefault({}),
  detection: detectionConfig.prefault({}),
  mailGateway: mailGatewayConfig.prefault({}),
  notary: notaryConfig.prefault({}),
  payments: paymentsConfig.prefault({}),
  prober: proberConfig.prefault({}),
  seal: sealConfig.prefault({}),
  secrets: secretsConfig.prefault({}),
  sqlGateway: sqlGatewayConfig.prefault({}),
  status: statusConfig.prefault({}),
  staff: staffConfig.prefault({}),
  trust: trustConfig.prefault({}),
  updates: updatesConfig.prefault({}),
  webGateway: webGatewayConfig.prefault({}),
  witness: witnessConfig.prefault({}),
})
