/**
 * Every command, in the order of the help.
 *
 * @module
 */
import type { Command } from '../command.ts'
import { alertsAckCommand } from './alerts-ack.ts'
import { alertsListCommand } from './alerts-list.ts'
import { auditQueryCommand } from './audit-query.ts'
import { auditVerifyCommand } from './audit-verify.ts'
import { backupDestroyExpiredCommand } from './backup-destroy-expired.ts'
import { backupDrillCommand } from './backup-drill.ts'
import { backupHoldCommand, backupReleaseCommand } from './backup-hold.ts'
import { backupListCommand } from './backup-list.ts'
import { backupRotateKeyCommand } from './backup-rotate-key.ts'
import { backupRunCommand } from './backup-run.ts'
import { backupSynchronousCommand } from './backup-synchronous.ts'
import { backupVerifyCommand } from './backup-verify.ts'
import { claimsCommand } from './claims.ts'
import { completionCommand } from './completion.ts'
import { cookiesCommand } from './cookies.ts'
import { cspCommands } from './csp.ts'
import { databaseLintCommand } from './database-lint.ts'
import { detectReplayCommand } from './detect-replay.ts'
import { dnsCommand } from './dns.ts'
import { doctorCommand } from './doctor.ts'
import { gradeMailCommand } from './grade-mail.ts'
import { incidentCommands } from './incident.ts'
import { reloadCommand } from './reload.ts'
import { restoreCommand } from './restore.ts'
import {
  accessApproveCommand,
  accessListCommand,
  accessRequestCommand,
  accessRevokeCommand,
} from './access.ts'
import { rotateCommand } from './rotate.ts'
import { runCommand } from './run.ts'
import { secretsScanCommand } from './secrets-scan.ts'
import { staffDisableCommand, staffInviteCommand, staffListCommand } from './staff.ts'
import { gradeCommand } from './grade.ts'
import { statusCommand } from './status.ts'
import { trustVerifyCommand } from './trust-verify.ts'
import { upCommand } from './up.ts'

export const commands: readonly Command[] = [
  upCommand,
  doctorCommand,
  runCommand,
  reloadCommand,
  backupRunCommand,
  backupListCommand,
  backupVerifyCommand,
  backupDrillCommand,
  backupDestroyExpiredCommand,
  backupSynchronousCommand,
  backupHoldCommand,
  backupReleaseCommand,
  backupRotateKeyCommand,
  restoreCommand,
  auditQueryCommand,
  auditVerifyCommand,
  databaseLintCommand,
  alertsListCommand,
  alertsAckCommand,
  detectReplayCommand,
  dnsCommand,
  gradeMailCommand,
  staffInviteCommand,
  staffListCommand,
  staffDisableCommand,
  accessRequestCommand,
  accessApproveCommand,
  accessRevokeCommand,
  accessListCommand,
  rotateCommand,
  secretsScanCommand,
  statusCommand,
  ...incidentCommands,
  claimsCommand,
  gradeCommand,
  cookiesCommand,
  ...cspCommands,
  trustVerifyCommand,
  completionCommand(() => commands),
]
