/**
 * Commands that are loaded without all others: those that are started often, or waited for.
 *
 * Loading every command takes half a second of processor time; most of a ring's start.
 *
 * @module
 */
import type { Command } from '../command.ts'

/** Name → the same command as in the table. */
export const aloneCommands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['run', async () => (await import('./run.ts')).runCommand],
  ['up', async () => (await import('./up.ts')).upCommand],
  ['restore', async () => (await import('./restore.ts')).restoreCommand],
  ['backup run', async () => (await import('./backup-run.ts')).backupRunCommand],
  ['backup list', async () => (await import('./backup-list.ts')).backupListCommand],
  ['audit pack', async () => (await import('./audit-pack.ts')).auditPackCommand],
  ['backup verify', async () => (await import('./backup-verify.ts')).backupVerifyCommand],
])

/** The command of these words, where it is one of those; the longest name counts. */
export function loadAlone(words: readonly string[]): Promise<Command> | undefined {
  const load = aloneCommands.get(words.slice(0, 2).join(' ')) ?? aloneCommands.get(words[0] ?? '')
  return load?.()
}
