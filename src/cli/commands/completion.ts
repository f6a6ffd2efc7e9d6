/**
 * `veilig completion bash|zsh`: tab completion, made from the table of commands.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import type { Command } from '../command.ts'

const commonWords = ['--config', '--data', '--port-base', '--json', '--help']

/** What may follow an option, where that can be counted. */
const valuesOf: Readonly<Record<string, string>> = {
  '--to': 'latest immediate',
  '--type': 'full differential incremental',
  '--action': 'promote pause shutdown',
}

const filesAfter = ['--config', '--data', '--into', '--key', '--new', '--tools']

/** @param all The table; it holds this command too, so it is handed in. */
export function completionCommand(all: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'print tab completion for your shell',
    usage: 'bash|zsh      (for example: source <(veilig completion bash))',
    options: {},
    run: (_context, input) => {
      const [shell] = input.positionals
      if (shell !== 'bash' && shell !== 'zsh') {
        throw new UsageError('SHELL_UNKNOWN', "say which shell: 'veilig completion bash' or 'zsh'")
      }
      process.stdout.write(script(shell, all()))
      return Promise.resolve(0)
    },
  }
}

function script(shell: 'bash' | 'zsh', commands: readonly Command[]): string {
  const shown = commands.filter((command) => command.summary !== '')
  const first = new Set(shown.map((command) => command.name.split(' ')[0] ?? ''))
  const cases = shown.map((command) => {
    const words = [...Object.keys(command.options).map((name) => `--${name}`), ...commonWords]
    return `    '${command.name}'|'${command.name} '*) words='${words.join(' ')}' ;;`
  })
  const values = Object.entries(valuesOf).map(
    ([option, words]) => `    ${option}) COMPREPLY=($(compgen -W "${words}" -- "$now")); return ;;`,
  )
  const nested = [...first].flatMap((word) => {
    const seconds = shown.flatMap((command) => {
      const [head, second] = command.name.split(' ')
      return head === word && second !== undefined ? [second] : []
    })
    return seconds.length > 0 ? [`    '${word}') words='${seconds.join(' ')}' ;;`] : []
  })
  return [
    ...(shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_veilig() {',
    '  local words typed="${COMP_WORDS[*]:1:COMP_CWORD-1}"',
    '  local before="${COMP_WORDS[COMP_CWORD-1]}" now="${COMP_WORDS[COMP_CWORD]}"',
    '  case "$before" in',
    ...values,
    `    ${filesAfter.join('|')}) return ;;`, // then the shell completes the name of a file
    '  esac',
    '  case "$typed" in',
    `    '') words='${[...first].join(' ')} help' ;;`,
    ...nested,
    ...cases,
    `    *) words='${commonWords.join(' ')}' ;;`,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$now"))',
    '}',
    'complete -o default -F _veilig veilig bin/veilig',
    '',
  ].join('\n')
}
