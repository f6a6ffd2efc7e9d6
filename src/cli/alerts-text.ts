/**
 * Alerts as people read them on a terminal. Pure.
 *
 * @module
 */
import type { ListedIncident } from '#services/detection/store.ts'

export type AlertsLook = {
  /** Characters in a line; undefined where there is no terminal: a line is then never broken. */
  readonly width: number | undefined
  readonly colours: boolean
}

/** Severity → how it is shown on a terminal (ECMA-48, SGR). */
const INKS: Readonly<Record<string, string>> = {
  critical: '1;31',
  high: '31',
  medium: '33',
  low: '90',
}
const BOLD = '1'
const GREY = '90'
const INDENT = '  '
/** Of time and severity, with what stands between and behind. */
const HEAD_WIDTH = 31
/** Narrower, words would stand alone. */
const WIDTH_MIN = 30

/** The incidents in the order given, each a paragraph. */
export function alertsText(incidents: readonly ListedIncident[], look: AlertsLook): string {
  if (incidents.length === 0) return 'No alerts.\n'
  return incidents.map((incident) => paragraphOf(incident, look)).join('\n')
}

function paragraphOf(incident: ListedIncident, look: AlertsLook): string {
  const { id, severity, detector, sentence, advice, alerts, last_at, held } = incident
  const ink = inkFor(look)
  const time = ink(GREY, last_at.toISOString().slice(0, 19).replace('T', ' '))
  const times = alerts > 1 ? ` ×${alerts}` : ''
  const named = ink(severityInk(severity), severity.padEnd(8))
  const by = incident.acknowledged_by
  const closed = held.map((each) => `${each}: closed; open again: veilig alerts undo ${id}`)
  const lines = [
    ...broken(sentence, look),
    ...broken(advice, look),
    ...closed.map((line) => `${INDENT}${line}`), // somebody copies a command: it stays whole
    ink(GREY, `${INDENT}${by === null ? `veilig alerts ack ${id}` : `acknowledged by ${by}`}`),
  ]
  const fits = HEAD_WIDTH + detector.length + times.length <= (look.width ?? Infinity)
  const space = fits ? '  ' : `\n${INDENT}`
  return `${time}  ${named}${space}${ink(BOLD, detector)}${times}\n${lines.join('\n')}\n`
}

/** A text in lines of words that fit, each indented. */
export function broken(text: string, { width }: Pick<AlertsLook, 'width'>): string[] {
  const room = width === undefined ? Infinity : Math.max(WIDTH_MIN, width) - INDENT.length
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.map((line) => INDENT + line)
}

/** Paints a text where there are colours. */
export function inkFor({
  colours,
}: Pick<AlertsLook, 'colours'>): (ink: string, text: string) => string {
  return (ink, text) => (colours ? `\u001b[${ink}m${text}\u001b[0m` : text)
}

/** How a severity is painted. */
export function severityInk(severity: string): string {
  return INKS[severity] ?? BOLD
}
