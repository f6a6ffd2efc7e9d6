/**
 * Every command, in the order of the help.
 *
 * @module
 */
import type { Command } from '../command.ts'
import { auditQueryCommand } from './audit-query.ts'
import { auditVerifyCommand } from './audit-verify.ts'
import { backupRunCommand } from './backup-run.ts'
import { completionCommand } from './completion.ts'
import { runCommand } from './run.ts'
import { upCommand } from './up.ts'

export const commands: readonly Command[] = [
  upCommand,
  runCommand,
  backupRunCommand,
  auditQueryCommand,
  auditVerifyCommand,
  completionCommand(() => commands),
]
