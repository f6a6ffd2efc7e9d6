/**
 * Help in words: the overview, one command's page, and a guess at what was meant.
 *
 * @module
 */
import type { Command } from './command.ts'
import type { Chapter } from './commands/table.ts'

const COMMON_HELP = `
Every command also takes:
  --config FILE     veilig.yaml; without it the demonstration's defaults hold
  --data DIR        the data folder (default: veilig-data in the current folder)
  --port-base N     adds N to every port (8443 HTTPS, 8080 redirect, 6432 SQL, 2525 mail)
  --json            for programs
  --help            this text
`

export function overview(chapters: readonly Chapter[]): string {
  const names = chapters.flatMap(({ commands }) => shown(commands).map(({ name }) => name))
  const width = Math.max(...names.map((name) => name.length))
  const lines = chapters.flatMap(({ title, commands }) => [
    `${title}:`,
    ...shown(commands).map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
  ])
  return [
    'Veilig: a ring of protection around a web application and its PostgreSQL database.',
    '',
    'Usage: veilig COMMAND [OPTIONS]',
    '',
    ...lines,
    "'veilig COMMAND --help' tells more. Start with 'veilig up'.",
    '',
  ].join('\n')
}

const shown = (commands: readonly Command[]): readonly Command[] =>
  commands.filter(({ summary }) => summary !== '')

export function commandHelp(command: Command): string {
  const more = command.more === undefined ? '' : `\n${command.more.join('\n')}\n`
  const usage = `Usage: veilig ${command.name} ${command.usage}`
  return `${command.summary}\n\n${usage}\n${more}${COMMON_HELP}`
}

/**
 * What was meant, perhaps: the commands that begin like this, else one whose name is close to what
 * was typed, else a pointer to help.
 */
export function similar(typed: string, commands: readonly Command[]): string {
  const begun = shown(commands).filter(({ name }) => name.startsWith(`${typed} `))
  if (begun.length > 0) return `; there are ${begun.map(({ name }) => `'${name}'`).join(', ')}`
  const near = shown(commands)
    .map((command) => ({ name: command.name, distance: distance(typed, command.name) }))
    .toSorted((a, b) => a.distance - b.distance)[0]
  if (near && near.distance <= 3) return `; did you mean '${near.name}'?`
  return "; 'veilig help' lists them"
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, change))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
