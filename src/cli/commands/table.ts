/**
 * Every command, by chapter, in the order of the help.
 *
 * @module
 */
import type { Command } from '../command.ts'
import { alertsAckCommand } from './alerts-ack.ts'
import { alertsListCommand } from './alerts-list.ts'
import { alertsUndoCommand } from './alerts-undo.ts'
import { alertsShowCommand } from './alerts-show.ts'
import { auditClassKeyCommand } from './audit-class-key.ts'
import { auditPackCommand } from './audit-pack.ts'
import { auditQueryCommand } from './audit-query.ts'
import { auditSearchCommand } from './audit-search.ts'
import { auditTilesCommand } from './audit-tiles.ts'
import { auditVerifyCommand } from './audit-verify.ts'
import { backupDestroyExpiredCommand } from './backup-destroy-expired.ts'
import { backupDrillCommand } from './backup-drill.ts'
import { backupHoldCommand, backupReleaseCommand } from './backup-hold.ts'
import { backupLeaveBranchCommand } from './backup-leave-branch.ts'
import { backupListCommand } from './backup-list.ts'
import { backupRecoveryKeyCommand } from './backup-recovery-key.ts'
import { backupRotateKeyCommand } from './backup-rotate-key.ts'
import { backupRunCommand } from './backup-run.ts'
import { backupSynchronousCommand } from './backup-synchronous.ts'
import { backupSynthesizeCommand } from './backup-synthesize.ts'
import { backupVerifyCommand } from './backup-verify.ts'
import { claimsCommand } from './claims.ts'
import { completionCommand } from './completion.ts'
import { configDiffCommand } from './config-diff.ts'
import { cookiesCommand } from './cookies.ts'
import { cspCommands } from './csp.ts'
import { databaseLintCommand } from './database-lint.ts'
import { detectReplayCommand } from './detect-replay.ts'
import { dnsCommand } from './dns.ts'
import { doctorCommand } from './doctor.ts'
import { gradeMailCommand } from './grade-mail.ts'
import { incidentBreachCommands } from './incident-breach.ts'
import { incidentCommands } from './incident.ts'
import { inventoryCommand } from './inventory.ts'
import { mailDeskCommands } from './mail-desk.ts'
import { mailLiftCommand, mailPersonCommand } from './mail.ts'
import { paymentsCommands } from './payments.ts'
import { reloadCommand } from './reload.ts'
import { restoreCommand } from './restore.ts'
import { accessBreakGlassCommand, accessReplayCommand } from './access-replay.ts'
import {
  accessApproveCommand,
  accessListCommand,
  accessRequestCommand,
  accessRevokeCommand,
} from './access.ts'
import { approvalCommands } from './approval.ts'
import { outsideCommands } from './outside.ts'
import { rotateRegionCommand } from './rotate-region.ts'
import { rotateCommand } from './rotate.ts'
import { runCommand } from './run.ts'
import { secretsScanCommand } from './secrets-scan.ts'
import { staffDisableCommand, staffInviteCommand, staffListCommand } from './staff.ts'
import { gradeCommand } from './grade.ts'
import { statusCommand } from './status.ts'
import { statusBeatsCommand } from './status-beats.ts'
import { trustLinkCommand } from './trust-link.ts'
import { trustVerifyCommand } from './trust-verify.ts'
import { upCommand } from './up.ts'

/** What the commands are about, as the help tells it. */
export type Chapter = { readonly title: string; readonly commands: readonly Command[] }

export const chapters: readonly Chapter[] = [
  {
    title: 'The ring',
    commands: [
      upCommand,
      runCommand,
      reloadCommand,
      statusCommand,
      statusBeatsCommand,
      configDiffCommand,
    ],
  },
  {
    title: 'Proof',
    commands: [
      claimsCommand,
      trustVerifyCommand,
      trustLinkCommand,
      gradeCommand,
      gradeMailCommand,
      dnsCommand,
    ],
  },
  {
    title: 'Backup and recovery',
    commands: [
      restoreCommand,
      doctorCommand,
      backupListCommand,
      backupRunCommand,
      backupSynthesizeCommand,
      backupVerifyCommand,
      backupDrillCommand,
      backupSynchronousCommand,
      backupLeaveBranchCommand,
      backupHoldCommand,
      backupReleaseCommand,
      backupDestroyExpiredCommand,
      backupRotateKeyCommand,
      backupRecoveryKeyCommand,
    ],
  },
  {
    title: 'Database, record and alerts',
    commands: [
      auditQueryCommand,
      auditSearchCommand,
      auditVerifyCommand,
      auditPackCommand,
      auditTilesCommand,
      auditClassKeyCommand,
      databaseLintCommand,
      alertsListCommand,
      alertsUndoCommand,
      alertsShowCommand,
      alertsAckCommand,
      detectReplayCommand,
    ],
  },
  { title: 'Web', commands: [...cspCommands, cookiesCommand] },
  { title: 'Mail', commands: [mailPersonCommand, mailLiftCommand, ...mailDeskCommands] },
  { title: 'Payments', commands: paymentsCommands },
  {
    title: 'Incidents and breaches',
    commands: [...incidentCommands, ...incidentBreachCommands],
  },
  {
    title: 'Staff and secrets',
    commands: [
      staffInviteCommand,
      staffListCommand,
      staffDisableCommand,
      accessRequestCommand,
      accessApproveCommand,
      accessRevokeCommand,
      accessListCommand,
      accessReplayCommand,
      accessBreakGlassCommand,
      ...approvalCommands,
      ...outsideCommands,
      rotateCommand,
      rotateRegionCommand,
      secretsScanCommand,
      inventoryCommand,
    ],
  },
  { title: 'Shell', commands: [completionCommand(() => commands)] },
]

export const commands: readonly Command[] = chapters.flatMap((chapter) => chapter.commands)
