/**
 * The form of a command. One file each in `cli/commands/`; `main.ts` holds the table.
 *
 * @module
 */
import type { ParseArgsConfig } from 'node:util'
import type { Context } from './context.ts'

export type CommandOptions = NonNullable<ParseArgsConfig['options']>

export type CommandInput = {
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly positionals: readonly string[]
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  /** Whether a person watches: progress and colours; else plain lines. */
  readonly interactive: boolean
}

export type Command = {
  /** As typed: 'backup list'. */
  readonly name: string
  /** One line for the help. */
  readonly summary: string
  /** What comes after the name, for the help: '--to TIME|LSN|latest --into DIR'. */
  readonly usage: string
  /** Lines for the help beneath the usage: what is not plain from it, and examples. */
  readonly more?: readonly string[]
  /** Beyond --config, --data, --port-base, --json and --help, which every command takes. */
  readonly options: CommandOptions
  /** @returns Exit status: 0 done, 1 refused or failed. Wrong usage is thrown as UsageError. */
  run(context: Context, input: CommandInput): Promise<number>
}
