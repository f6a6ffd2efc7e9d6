/**
 * The command line: finds the command, reads the configuration, reports errors, sets the status.
 *
 * @module
 */
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Logger } from 'pino'
import { maskCards } from '#lib/cards/mask.ts'
import { UsageError, VeiligError } from '#lib/errors.ts'
import { systemClock } from '#system/clock.ts'
import type { Command, CommandInput, CommandOptions } from './command.ts'
import { loadAlone } from './commands/alone.ts'
import { veiligConfig } from './config.ts'
import { readConfig } from './config-file.ts'
import type { Context } from './context.ts'
import { commandHelp, overview, similar } from './help.ts'
import { defaultDataFolder } from './data-folder.ts'
import { pathsIn } from './paths.ts'
import { portsFrom } from './ports.ts'

const commonOptions = {
  config: { type: 'string' },
  data: { type: 'string' },
  'port-base': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies CommandOptions

const EXIT_FAILED = 1
const EXIT_USAGE = 2
/** As a shell counts what a signal ended: 128 and its number. */
const EXIT_INTERRUPTED = 130
const EXIT_PIPE = 141

// Whoever reads has seen enough, as in `veilig … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_PIPE)
  throw error
})

process.exitCode = await main(process.argv.slice(2))

async function main(words: readonly string[]): Promise<number> {
  try {
    const command = await (loadAlone(words) ?? find(words))
    if (!command) return 0
    const rest = words.slice(command.name.split(' ').length)
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(commandHelp(command))
      return 0
    }
    const { values, positionals } = parse(command, rest)
    const input: CommandInput = {
      values,
      positionals,
      signal: interruption(),
      interactive: process.stdout.isTTY === true && values['json'] !== true,
    }
    return await command.run(contextFrom(values), input)
  } catch (error) {
    return report(error)
  }
}

/** Undefined when help was wanted and printed. @throws {UsageError} COMMAND_UNKNOWN. */
async function find(words: readonly string[]): Promise<Command | undefined> {
  const { chapters, commands } = await import('./commands/table.ts')
  if (words.length === 0 || ['help', '--help', '-h'].includes(words[0] ?? '')) {
    process.stdout.write(overview(chapters))
    return undefined
  }
  const fits = commands.filter((command) => {
    const name = command.name.split(' ')
    return name.every((word, index) => word === words[index])
  })
  const longest = fits.toSorted((a, b) => b.name.length - a.name.length)[0]
  if (longest) return longest
  const typed = words
    .filter((word) => !word.startsWith('-'))
    .slice(0, 2)
    .join(' ')
  throw new UsageError(
    'COMMAND_UNKNOWN',
    `there is no command '${typed}'${similar(typed, commands)}`,
  )
}

type Values = CommandInput['values']

/** @throws {UsageError} OPTION_INVALID. */
function parse(command: Command, args: string[]): { values: Values; positionals: string[] } {
  try {
    const options: CommandOptions = { ...commonOptions, ...command.options }
    const parsed = parseArgs({ args, options, allowPositionals: true, strict: true })
    return { values: parsed.values as Values, positionals: parsed.positionals }
  } catch (cause) {
    const message = `${(cause as Error).message}\nUsage: veilig ${command.name} ${command.usage}`
    throw new UsageError('OPTION_INVALID', message, { cause })
  }
}

function contextFrom(values: Values): Context {
  const config = readConfig(veiligConfig, text(values['config']), process.env)
  const data = text(values['data'])
  const name = text(values['config'])
  let log: Logger | undefined
  return {
    config,
    configFile: name === undefined ? undefined : resolve(name),
    paths: pathsIn(data === undefined ? defaultDataFolder() : resolve(data)),
    ports: portsFrom(text(values['port-base'])),
    clock: systemClock,
    get log() {
      return (log ??= openLog())
    },
  }
}

/** Loaded when the first line is written: a command writes none. */
function openLog(): Logger {
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino')
  return pino({ base: null, hooks: { streamWrite: maskCards } })
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Aborts at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      process.once(name, () => process.exit(EXIT_FAILED))
      controller.abort()
    })
  }
  return controller.signal
}

/** A declared error is one clear message; anything else is a bug and shows its stack. */
function report(error: unknown): number {
  if (error instanceof Error && error.name === 'AbortError') {
    process.stderr.write('veilig: stopped, before it was done\n')
    return EXIT_INTERRUPTED
  }
  if (!(error instanceof VeiligError)) throw error
  process.stderr.write(`veilig: ${error.message}\n`)
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED
}
