/**
 * Every command, in the order of the help.
 *
 * @module
 */
import type { Command } from '../command.ts'
import { completionCommand } from './completion.ts'
import { runCommand } from './run.ts'
import { upCommand } from './up.ts'

export const commands: readonly Command[] = [
  upCommand,
  runCommand,
  completionCommand(() => commands),
]
