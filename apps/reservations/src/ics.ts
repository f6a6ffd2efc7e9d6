/**
 * A calendar in the form every program reads (RFC 5545). Pure.
 *
 * Instants only, in UTC: a time zone written badly moves an hour, an instant cannot.
 *
 * @module
 */

export type Entry = {
  readonly uid: string
  readonly startMs: number
  readonly endMs: number
  readonly summary: string
  readonly location: string
  readonly isCancelled: boolean
  /** When it was last written; a reader keeps the newest. */
  readonly stampMs: number
}

export function calendarOf(name: string, entries: readonly Entry[]): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Reservations//Clubs//EN',
    'METHOD:PUBLISH',
    `NAME:${escape(name)}`,
    `X-WR-CALNAME:${escape(name)}`,
    'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
    ...entries.flatMap((entry) => [
      'BEGIN:VEVENT',
      `UID:${entry.uid}`,
      `DTSTAMP:${utc(entry.stampMs)}`,
      `DTSTART:${utc(entry.startMs)}`,
      `DTEND:${utc(entry.endMs)}`,
      `SUMMARY:${escape(entry.summary)}`,
      `LOCATION:${escape(entry.location)}`,
      `STATUS:${entry.isCancelled ? 'CANCELLED' : 'CONFIRMED'}`,
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ]
  return lines.map(fold).join('\r\n') + '\r\n'
}

/** `20261127T180000Z`. */
function utc(instantMs: number): string {
  return new Date(instantMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
}

/** RFC 5545, 3.3.11. */
function escape(text: string): string {
  return text.replaceAll(/[\\;,]/g, (letter) => `\\${letter}`).replaceAll(/\r?\n/g, '\\n')
}

/** RFC 5545, 3.1: at most 75 octets a line, and no letter cut in two. */
function fold(line: string): string {
  const parts: string[] = []
  let part = ''
  let octets = 0
  for (const letter of line) {
    const size = Buffer.byteLength(letter)
    if (octets + size > 75) {
      parts.push(part)
      ;[part, octets] = [' ', 1]
    }
    part += letter
    octets += size
  }
  return [...parts, part].join('\r\n')
}
